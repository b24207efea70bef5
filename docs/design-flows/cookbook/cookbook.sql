-- What the recipes ask. Amounts are text in yuan; hashes are of 123456, made by `hotline secret hash`.
create table notices (kind text not null, is_on integer not null);
insert into notices values ('outage', 0), ('storm', 0);

create table callers (
  phone    text primary key,
  language text,                -- mandarin, english; not chosen yet where it is missing
  level    text                 -- gold, basic
);
insert into callers values ('13800000001', 'english', 'gold'), ('13800000002', null, 'basic');

create table orders (number text primary key, phone text not null, status text not null, eta text);
insert into orders values
  ('20260001', '13800000001', 'shipped', '2026-11-26'),
  ('20260002', '13800000002', 'paid', null);

create table lines (number text primary key, balance text not null, state text not null, pin_hash text not null);
insert into lines values
  ('13800000001', '56.30', 'active',
   '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA');

create table cards (number text primary key, value text not null, state text not null);
insert into cards values ('8600123400000011', '50.00', 'new'), ('8600123400000037', '50.00', 'used');
-- A change asked for twice with the same key is one row.
create table top_ups (once text primary key, line text not null, card text not null unique);

create table accounts (number text primary key, level text not null);
insert into accounts values ('60010014', 'gold'), ('60010022', 'basic');
