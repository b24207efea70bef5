//! The table of scenario files: every field and every line, for editors and their schema.

use crate::flow::reference::{Action, Field, MUST, Shape};

const fn field(
    name: &'static str,
    shape: Shape,
    unless: &'static str,
    says: &'static str,
) -> Field {
    Field { name, shape, unless, says }
}

const fn line(name: &'static str, value: Shape, says: &'static str) -> Action {
    Action { name, value, says, fields: &[], one_of: &[] }
}

const LOOKUPS: Shape = Shape::OneOrMore(&Shape::Lookup);
const ROWS: Shape = Shape::List(&Shape::Map(&Shape::Cell, &Shape::Optional(&Shape::Text)));

/// Who calls, when, and what the world answers: of a file and of each scenario.
#[rustfmt::skip]
pub(super) const WORLD: [Field; 14] = [
    field("caller", Shape::Text, "withheld", "the caller's number"),
    field("caller_name", Shape::Text, "none", "the name that comes with it"),
    field("called", Shape::Text, "4001", "the number dialled"),
    field("calls_before", Shape::Text, "0", "how many calls of the flow came in before it: announcements that rotate go by it"),
    field("language", Shape::Language, "the flow's first", "the language that the call begins in"),
    field("at", Shape::Text, "a Tuesday at 15:00", "when the call comes in: 2026-11-24T15:00+08:00"),
    field("answers", Shape::Map(&Shape::Lookup, &ROWS), "nothing is found", "what lookups find: rows of cells"),
    field("fails", LOOKUPS, "none", "the lookups that fail"),
    field("wrong_before", Shape::Map(&Shape::Text, &Shape::Count), "none", "wrong secrets keyed in earlier calls, by account"),
    field("slow", Shape::Map(&Shape::Lookup, &Shape::Duration), "a tenth of a second", "how long lookups take"),
    field("calendars", Shape::Map(&Shape::Calendar, &Shape::Text), "hotline.yaml", "`open`, `closed`, or another calendar"),
    field("agents", Shape::Text, "none", "`none`, `full`, `busy`, `fails`, or an agent who is free"),
    field("outside", Shape::Word(&["answers", "busy", "no_answer", "declines", "fails"]), "answers", "how somebody outside takes a transfer, and each who is called into a conference"),
    field("disk", Shape::Word(&["works", "full"]), "works", "whether recordings can be kept"),
];

/// One word for what it is of, or what is told by name.
const LEAVES: Shape =
    Shape::Optional(&Shape::Either(&Shape::Text, &Shape::Map(&Shape::Text, &Shape::Text)));

/// What a line of the conversation may say.
#[rustfmt::skip]
pub(super) const LINES: &[Action] = &[
    line("hears", Shape::OneOrMore(&Shape::Prompt), "the next thing spoken is this prompt"),
    line("hears_later", Shape::Prompt, "some prompt from here on is this one"),
    line("says", Shape::Text, "what was heard last contains this text"),
    line("hears_out", Shape::Optional(&Shape::OneOrMore(&Shape::Prompt)), "what was heard last is heard to its end"),
    line("hears_nothing", Shape::Duration, "nothing is spoken for this long"),
    line("keys", Shape::Text, "keys are pressed, five a second"),
    line("waits", Shape::Duration, "time passes"),
    line("hangs_up", Shape::Nothing, "the caller hangs up"),
    line("reaches", Shape::Step, "the step is under way, or comes within ten minutes"),
    line("place", Shape::Either(&Shape::Text, &Shape::Fields(&PLACE)), "the caller is told their place in the queue"),
    line("rings", Shape::Text, "an agent's phone rings"),
    line("rings_out", Shape::Nothing, "it does so no more"),
    line("answers", Shape::Text, "an agent answers"),
    line("agent_leaves", Shape::Nothing, "the agent hangs up"),
    line("other_leaves", Shape::Nothing, "the other side of a transfer hangs up, or who joined a conference last"),
    line("talks", Shape::Duration, "the caller speaks for this long; after the tone if they are about to be recorded"),
    line("silent", Shape::Nothing, "the caller says nothing until the recording has ended"),
    line("recorded", Shape::Optional(&Shape::Word(&["yes", "nothing"])), "the recording made last is kept, or is not"),
    line("fails", LOOKUPS, "from here on these lookups fail"),
    line("works", LOOKUPS, "from here on these lookups answer again"),
    line("opens_case", LEAVES, "a case is opened, or was since the last such line: its `kind`, `about`, and what is told by name"),
    line("asks_callback", LEAVES, "a call back is promised, or was: its `queue`, `number`, `because`"),
    line("notifies", LEAVES, "somebody is told, or was: `to`, and what is told by name"),
    line("agent_sees", Shape::Map(&Shape::Text, &Shape::Text), "the agent's record shows these values, by label or name"),
    line("ends", Shape::Word(&["completed", "caller_left", "agent_left", "other_left", "transferred", "last_resort", "not_answered"]), "the call ends like this, within ten minutes"),
    line("all_is_well", Shape::Nothing, "nothing has happened that no flow may do, and the call ends by itself"),
];

#[rustfmt::skip]
const PLACE: [Field; 2] = [
    field("ahead", Shape::Count, MUST, "how many are served before them"),
    field("wait", Shape::Duration, "nothing is said of it", "how long it will take"),
];

const TALK: Field =
    field("talk", Shape::List(&Shape::Action(LINES, &[])), MUST, "the conversation");

const ROW: Shape = Shape::Map(&Shape::Text, &Shape::Text);
const CASES: Shape = Shape::Either(&Shape::List(&ROW), &Shape::Map(&Shape::Text, &ROW));

#[rustfmt::skip]
const SCENARIO: [Field; 16] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = WORLD;
    let cases = field("cases", CASES, "it is one call", "rows: it is played for each, with its cells instead of `{column}`");
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, TALK, cases]
};

/// A scenario file.
#[rustfmt::skip]
pub const SCENARIOS: [Field; 15] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = WORLD;
    let says = "each is one call: what it shows, and what happens";
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, field("scenarios", Shape::Map(&Shape::Text, &Shape::Fields(&SCENARIO)), MUST, says)]
};

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn the_table_has_every_field_and_every_line_that_is_read() {
        let fields: Vec<_> = WORLD.iter().map(|it| it.name).collect();
        let lines: Vec<_> = LINES.iter().map(|it| it.name).collect();
        assert_eq!((fields.as_slice(), lines.as_slice()), (&parse::WORLD[..], &parse::LINES[..]));
    }
}
