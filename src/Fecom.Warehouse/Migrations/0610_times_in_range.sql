-- PostgreSQL has times before the year 1 and after 9999; .NET, Parquet and the cloud warehouses do not. The shop's tables bring such ones
-- with a time zone, as 0001-01-01T00:00:00+01:00. They count as times that cannot be read.
create or replace function silver.in_range(value timestamptz) returns timestamptz language sql immutable parallel safe as $$
    select case when value between '0001-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00' then value end
$$;
comment on function silver.in_range is 'A time of the years 1 to 9999, UTC; null of any other.';
create or replace function silver.as_time(value text) returns timestamptz language plpgsql immutable parallel safe as $$
begin
    if value is null then
        return null;
    elsif value ~ '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?\s*$' then
        return silver.in_range(value::timestamp at time zone 'UTC');
    elsif value ~ '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)\s*$' then
        return silver.in_range(value::timestamptz);
    end if;
    return null;
exception when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
    return null;
end
$$;
comment on function silver.as_time is 'A date or time of the years 1 to 9999, UTC where it names no zone; null of any other text.';

-- What is there from before. A trigger notes the rows of gold for the cloud warehouse.
update silver.customers set subscribe_date = silver.in_range(subscribe_date), first_order_date = silver.in_range(first_order_date)
where subscribe_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or first_order_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update silver.order_items set shipping_limit_date = silver.in_range(shipping_limit_date)
where shipping_limit_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update silver.order_reviews set
    review_creation_date = silver.in_range(review_creation_date),
    review_answer_timestamp = silver.in_range(review_answer_timestamp)
where review_creation_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or review_answer_timestamp not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update silver.orders set
    order_purchase_timestamp = silver.in_range(order_purchase_timestamp),
    order_approved_at = silver.in_range(order_approved_at),
    order_delivered_carrier_date = silver.in_range(order_delivered_carrier_date),
    order_delivered_customer_date = silver.in_range(order_delivered_customer_date),
    order_estimated_delivery_date = silver.in_range(order_estimated_delivery_date)
where order_purchase_timestamp not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or order_approved_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or order_delivered_carrier_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or order_delivered_customer_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or order_estimated_delivery_date not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update gold.dim_customer set subscribed_at = silver.in_range(subscribed_at), first_ordered_at = silver.in_range(first_ordered_at)
where subscribed_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or first_ordered_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update gold.fact_order set
    approved_at = silver.in_range(approved_at),
    shipped_at = silver.in_range(shipped_at),
    delivered_at = silver.in_range(delivered_at),
    promised_at = silver.in_range(promised_at),
    reviewed_at = silver.in_range(reviewed_at)
where approved_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or shipped_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or delivered_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or promised_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or reviewed_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update gold.fact_order_item set ship_until = silver.in_range(ship_until)
where ship_until not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
update gold.fact_review set asked_at = silver.in_range(asked_at), answered_at = silver.in_range(answered_at)
where asked_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z'
    or answered_at not between '0001-01-01Z' and '9999-12-31 23:59:59.999999Z';
