namespace Fecom.Warehouse.BuildGold;

/// <summary>
/// What the events and the shop's table of products say of them, over time. A product of which a slice says nothing new costs one
/// look; one that changes is worked out again from the first time at which something is new, from the events of that time and after.
/// </summary>
internal static class ProductHistory
{
    /// <summary>Products that the slice says something new of, and from when on.</summary>
    public const string FindChanged = """
        create temporary table gold_changed on commit drop as
        select p.product_id, min(p.first_at) as since, count(*) as new_values,
            exists (select from gold.dim_product d where d.product_id = p.product_id) as is_known
        from gold_product p
        where not exists (
            select from gold.dim_product d
            where d.product_id = p.product_id and d.valid_from <= p.first_at and (d.valid_to is null or d.valid_to > p.last_at)
                and (p.category_id is null or p.category_id = d.category_id)
                and (p.category_code is null or p.category_code = d.category_code)
                and (p.brand is null or p.brand = d.brand)
        )
        group by p.product_id;
        select exists (select from gold_changed)
        """;

    /// <summary>
    /// A new product of which the slice says one thing alone, and the shop's table nothing, is a row. Begins what is stated of the other
    /// changed products, with the slice's events of new ones; those of known ones are in fact_event already. Where the slice says one
    /// thing alone, its first event is enough.
    /// </summary>
    public const string StatedBySlice =
        Stated
        + """
            with plain as (
                delete from gold_changed c
                where not is_known and new_values = 1 and not exists (select from silver.products s where s.product_id = c.product_id)
                returning product_id
            )
            insert into gold.dim_product (product_id, valid_from, is_current, category_id, category_code, brand)
            select p.product_id, p.first_at, true, p.category_id, p.category_code, p.brand
            from plain join gold_product p on p.product_id = plain.product_id;

            insert into gold_stated (product_id, event_time, event_id, category_id, category_code, brand)
            select e.product_id, e.event_time, e.event_id, e.category_id, e.category_code, e.brand
            from gold_changed c join silver.event e on e.product_id = c.product_id and e.event_time >= c.since
            where e.slice = @slice and e.event_time >= @from and e.event_time < @to and not c.is_known and c.new_values > 1;

            insert into gold_stated (product_id, event_time, event_id, category_id, category_code, brand)
            select p.product_id, p.first_at, '00000000-0000-0000-0000-000000000000', p.category_id, p.category_code, p.brand
            from gold_changed c join gold_product p on p.product_id = c.product_id
            where not c.is_known and c.new_values = 1;
            """;

    /// <summary>An empty list of what is stated of the changed products.</summary>
    public const string Stated = """
        create temporary table gold_stated (
            product_id text, event_time timestamptz, event_id uuid, category_id text, category_code text, brand text, is_row boolean,
            is_listed boolean, category_name text, weight_g numeric, length_cm numeric, height_cm numeric, width_cm numeric) on commit drop;

        """;

    /// <summary>
    /// Adds what the events of known products and the shop's table state, and works the rows out. The row that was valid before stands for all that
    /// came earlier. An event states only what it does not leave out, a row of the table all that the table has.
    /// </summary>
    public const string WorkOut = """
        insert into gold_stated (product_id, event_time, event_id, category_id, category_code, brand)
        select e.product_id, e.event_time, e.event_id, e.category_id, e.category_code, e.brand
        from gold.fact_event e join gold_changed c on c.product_id = e.product_id and c.is_known and e.event_time >= c.since
        where exists (select from gold_changed where is_known)
            and e.event_time >= (select min(since) from gold_changed where is_known);

        insert into gold_stated
        select c.product_id, r.valid_from, '00000000-0000-0000-0000-000000000000', null, null, null, true, not r.is_deleted,
            case when not r.is_deleted then r.product_category_name end, case when not r.is_deleted then r.product_weight_gr end,
            case when not r.is_deleted then r.product_length_cm end, case when not r.is_deleted then r.product_height_cm end,
            case when not r.is_deleted then r.product_width_cm end
        from gold_changed c
        cross join lateral (
            select distinct on (s.valid_from) s.* from silver.products s
            where s.product_id = c.product_id and s.valid_from >= c.since
            order by s.valid_from, s.snapshot desc, s.change_id desc
        ) as r;

        with replaced as (
            delete from gold.dim_product d using gold_changed c
            where d.product_id = c.product_id and (d.valid_to is null or d.valid_to >= c.since)
            returning d.*, c.since
        )
        insert into gold_stated
        select product_id, valid_from, '00000000-0000-0000-0000-000000000000', category_id, category_code, brand, is_listed is not null,
            is_listed, category_name, weight_g, length_cm, height_cm, width_cm
        from replaced where valid_from < since;

        insert into gold.dim_product
            (product_id, valid_from, valid_to, is_current, category_id, category_code, brand, is_listed, category_name, weight_g, length_cm,
            height_cm, width_cm)
        select product_id, event_time, lead(event_time) over product, lead(event_time) over product is null, category_id, category_code, brand,
            is_listed, category_name, weight_g, length_cm, height_cm, width_cm
        from (
            select *, lag(known) over (partition by product_id order by event_time) as before
            from (
                select *, (category_id, category_code, brand, is_listed, category_name, weight_g, length_cm, height_cm, width_cm)::text as known
                from (
                    -- A value stands until the next one is stated.
                    select product_id, event_time,
                        max(category_id) over (partition by product_id, ids) as category_id,
                        max(category_code) over (partition by product_id, codes) as category_code,
                        max(brand) over (partition by product_id, brands) as brand,
                        bool_or(is_listed) over listing as is_listed, max(category_name) over listing as category_name,
                        max(weight_g) over listing as weight_g, max(length_cm) over listing as length_cm,
                        max(height_cm) over listing as height_cm, max(width_cm) over listing as width_cm,
                        lead(event_time) over (partition by product_id order by event_time, event_id) as next
                    from (
                        select *, count(category_id) over so_far as ids, count(category_code) over so_far as codes,
                            count(brand) over so_far as brands, count(is_row or null) over so_far as listings
                        from gold_stated window so_far as (partition by product_id order by event_time, event_id rows unbounded preceding)
                    ) as counted
                    window listing as (partition by product_id, listings)
                ) as filled
                where next is distinct from event_time
            ) as told
        ) as changes
        where before is distinct from known
        window product as (partition by product_id order by event_time);
        """;
}
