create table serving.rule_set (
    version integer primary key,
    changed_at timestamptz not null,
    changed_by text not null,
    reason text not null,
    rules jsonb not null
);
comment on table serving.rule_set is 'Every version of the rules for recommendations; the highest is in force. Rows are only added, so that this is also who changed what, when and why.';
comment on column serving.rule_set.rules is 'The rules as the API takes them.';

create sequence serving.stock_change;
create table serving.stock (
    product_id text primary key,
    in_stock boolean not null,
    changed_at timestamptz not null,
    change bigint not null
);
create index on serving.stock (change);
comment on table serving.stock is 'Products that were said to be out of stock, and whether they still are; of any other it is not known and counts as in stock.';
comment on column serving.stock.change is 'Ascends with each change, so that a host reads only what is new.';
