-- What the shop says of an order: one that is cancelled or unavailable is no purchase. Null where the order came before this.
alter table ingestion.shop_order add column status text;
