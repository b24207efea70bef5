-- The demo alarm line's people: who they are is known by the number that their button dials.
create table if not exists people (
  phone         text primary key,
  name          text not null,
  address       text not null,
  conditions    text,            -- what an ambulance must know
  contact       text,            -- whom to call
  contact_phone text
);

insert or replace into people values
  ('13500000001', '陈桂英', '和平路12号3单元501室', '高血压，青霉素过敏', '陈建国（儿子）', '8002'),
  ('13500000002', '刘德福', '建设街7号101室', '糖尿病', null, null);
