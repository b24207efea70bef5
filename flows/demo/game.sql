-- The demo game's block list. Tickets are cases: they lie in hotline's own store.
create table if not exists blocked (
  phone    text primary key,
  until_in integer not null      -- days from now
);

insert or replace into blocked values
  ('13600000009', 7),
  ('13600000008', -1);           -- over
