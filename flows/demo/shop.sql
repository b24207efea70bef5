-- The demo shop's orders. Days are kept as distances from today, so that the demo is as true next year as now.
create table if not exists orders (
  number       text primary key,          -- 8 digits
  phone        text not null,             -- who ordered
  status       text not null check (status in ('paid', 'packed', 'shipped', 'delivered', 'returned', 'refunded')),
  carrier      text,
  total        text not null,             -- yuan, as text: amounts are never floats
  placed_ago   integer not null,          -- days
  eta_in       integer,                   -- days from now
  delivered_ago integer                   -- days
);

-- What flows ask. Goods may come back within seven days of delivery.
create view if not exists order_status as
  select number, phone, status, carrier, total,
         date('now', 'localtime', -placed_ago || ' days') as placed,
         date('now', 'localtime', '+' || eta_in || ' days') as eta,
         case when delivered_ago < 7 then date('now', 'localtime', '+' || (7 - delivered_ago) || ' days') end as return_by
  from orders;

create index if not exists orders_by_phone on orders (phone);

insert or replace into orders values
  ('20260001', '13800000001', 'shipped',   '顺丰', '129.35',  3, 2,    null),
  ('20260002', '13800000002', 'paid',      null,   '56.05',   0, null, null),
  ('20260003', '13800000003', 'delivered', '京东', '1299.99', 6, null, 2),
  ('20260004', '13800000004', 'refunded',  '圆通', '88.08',  20, null, 14),
  ('20260005', '13800000005', 'packed',    null,   '20.22',   1, null, null),
  ('20260006', '13800000006', 'returned',  '中通', '302.07', 12, null, 8),
  ('20260007', '13800000007', 'shipped',   null,   '9.91',    2, null, null),   -- carrier not told yet
  ('20260008', '13800000008', 'delivered', '邮政', '45.63',  30, null, 21);     -- too late to return

-- Invoices asked for. `once` is the call's own key: the same request made twice is carried out once.
create table if not exists invoices (
  once         text primary key,
  order_number text not null unique references orders
);
