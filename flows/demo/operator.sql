-- The demo operator's lines.
create table if not exists lines (
  number  text primary key,     -- 11 digits
  balance text not null,        -- yuan, as text: amounts are never floats
  minutes integer not null,     -- left this month
  data    text not null         -- GB left this month, as text
);

insert or replace into lines values
  ('13900000001', '56.30', 120, '3.5'),
  ('13900000002', '0.05',    2, '0.25'),
  ('13900000003', '-8.50',   0, '0'),
  ('13900000004', '200',   600, '20');
