//! What a step can do: the only list of actions and their fields.

use crate::flow::check_digit::CheckDigit;

use super::{Action, Field, MUST, Shape, field};

/// What is told under names of the designer's own.
const TOLD: Shape = Shape::Map(&Shape::OwnName, &Shape::Expression);
const KEYS: Shape = Shape::Map(&Shape::Key, &Shape::Step);

#[rustfmt::skip]
const KEYING: [Field; 2] = [
    field("interrupt", Shape::YesNo, "yes", "a key stops it and is kept for the next question; it is skipped if a key waits already"),
    field("type_ahead", Shape::YesNo, "yes", "keys pressed before it count; no: they are dropped"),
];

#[rustfmt::skip]
const PATIENCE: [Field; 5] = [
    field("no_input_after", Shape::Duration, "`defaults`", "how long a caller may be silent after it"),
    field("tries", Shape::Count, "`defaults`", "how often it is asked in all"),
    field("no_input", Shape::Prompt, "the catalogue's `no-input`", "a prompt after silence, before the question comes again"),
    field("no_match", Shape::Prompt, "the catalogue's `no-match`", "a prompt after a key or a value that does not fit"),
    field("otherwise", Shape::Step, MUST, "the step after the last try"),
];

/// What the keys of a review do.
#[rustfmt::skip]
const REVIEW: [Field; 4] = [
    field("keep", Shape::Key, "none", "keeps the recording"),
    field("hear", Shape::Key, "none", "plays it, then asks again"),
    field("again", Shape::Key, "none", "records another one in its place"),
    field("discard", Shape::Key, "none", "throws it away"),
];

/// A question of a survey that has keys of its own.
#[rustfmt::skip]
const QUESTION: [Field; 2] = [
    field("prompt", Shape::Prompt, MUST, "the prompt that asks it"),
    field("keys", Shape::Digits, "those of the survey", "the figures that answer it"),
];

/// The two keys of a read-back.
#[rustfmt::skip]
pub const CONFIRM_KEYS: [Field; 2] = [
    field("yes", Shape::Key, "1", "the key that takes the value"),
    field("no", Shape::Key, "2", "the key that asks again, which is no try"),
];

/// What every action may have.
#[rustfmt::skip]
pub const COMMON: [Field; 2] = [
    field("when", Shape::Expression, "always", "only when this is so; else it is passed over"),
    field("allow", Shape::Allow, "none", "findings of `hotline check` that are meant to be so here"),
];

/// Every action, in the order of the docs.
#[rustfmt::skip]
pub const ACTIONS: &[Action] = &[
    Action {
        name: "play", value: Shape::OneOrMore(&Shape::Prompt), one_of: &[],
        says: "speaks a prompt of the catalogue, or several one after the other",
        fields: &[&[
            field("on", Shape::Calendar, "always", "a calendar of hotline.yaml: it is passed over while that is closed"),
            field("pick", Shape::Word(&["random", "rotate"]), "all are heard", "one of its prompts instead: any, or each in turn from call to call"),
            field("repeat", Shape::Number(2, 10), "once", "how often it is heard"),
            field("volume", Shape::Volume, "as recorded", "louder or quieter than recorded, -20dB to +6dB"),
        ], &KEYING],
    },
    Action {
        name: "menu", value: Shape::Prompt, one_of: &[],
        says: "speaks a prompt and goes where the first key leads",
        fields: &[&[field("keys", KEYS, MUST, "a step for each key")], &PATIENCE, &KEYING],
    },
    Action {
        name: "ask", value: Shape::Prompt, one_of: &[],
        says: "speaks a prompt and takes a value keyed",
        fields: &[&[
            field("into", Shape::Variable, MUST, "the variable that gets it"),
            field("as", Shape::Type, MUST, "its type; a word of a choice is keyed by its number, from 1"),
            field("length", Shape::Digits, "what the type may have", "how many digits; the end key does not count"),
            field("ends_with", Shape::Key, "none: at the longest `length`, or after `between_digits`", "the key that ends it"),
            field("between_digits", Shape::Duration, "`defaults`", "how long between two digits"),
            field("between", Shape::Range, "any", "the least and the most that it may be"),
            field("matches", Shape::OneOrMore(&Shape::Pattern), "any", "patterns of which digits or a phone must be one: `x` is any figure, `[2-9]` one of these"),
            field("check", Shape::Word(&CheckDigit::NAMES), "none", "how the last figures of digits or of a secret follow from the others"),
            field("confirm", Shape::Prompt, "it is taken at once", "a prompt that speaks the value and names the keys that take it or ask again"),
            field("confirm_keys", Shape::Fields(&CONFIRM_KEYS), "1 and 2", "these keys"),
        ], &PATIENCE, &KEYING],
    },
    Action {
        name: "verify", value: Shape::Prompt, one_of: &[],
        says: "asks for a secret and compares it with what a system keeps of it; whoever guesses is locked out",
        fields: &[&[
            field("against", Shape::Lookup, MUST, "a lookup that gives one secret: the argon2 hash"),
            field("with", Shape::Map(&Shape::Parameter, &Shape::Expression), "nothing, if it takes nothing", "a value for each thing that lookup takes"),
            field("account", Shape::Expression, MUST, "whose secret it is: what wrong ones are counted for"),
            field("length", Shape::Digits, "1..32", "how many digits; the end key does not count"),
            field("ends_with", Shape::Key, "none: at the longest `length`, or after `between_digits`", "the key that ends it"),
            field("between_digits", Shape::Duration, "`defaults`", "how long between two digits"),
            field("locks_after", Shape::Count, "5", "how many wrong ones in all, in whichever calls, lock the account"),
            field("locked_for", Shape::Duration, "30m", "for how long"),
            field("locked", Shape::Step, MUST, "the step when the account or the caller's number is locked"),
            field("failed", Shape::Step, MUST, "the step when nothing can be compared"),
        ], &PATIENCE, &KEYING],
    },
    Action {
        name: "say", value: Shape::Expression, one_of: &[],
        says: "speaks a value alone",
        fields: &[&[
            field("as", Shape::Type, "its own type", "reads it as another type: a number as `digits`"),
            field("unit", Shape::Unit, "none", "says a number with what it counts: `gigabytes`"),
        ], &KEYING],
    },
    Action {
        name: "set", value: Shape::Map(&Shape::Variable, &Shape::Expression), one_of: &[],
        says: "gives variables values",
        fields: &[],
    },
    Action {
        name: "if", value: Shape::Expression, one_of: &["then", "else"],
        says: "goes one way or another; at least one way must be there",
        fields: &[&[
            field("then", Shape::Step, "the step goes on", "the step on yes"),
            field("else", Shape::Step, "the step goes on", "the step on no"),
        ]],
    },
    Action {
        name: "goto", value: Shape::Step, one_of: &[],
        says: "goes on with another step",
        fields: &[&[field("because", Shape::Reason, "none", "why, for the agent and the figures: a word of your own")]],
    },
    Action {
        name: "lookup", value: Shape::Lookup, one_of: &[],
        says: "asks a database or another system; what it gives is read as `<lookup>.<column>` afterwards",
        fields: &[&[
            field("with", Shape::Map(&Shape::Parameter, &Shape::Expression), "nothing, if it takes nothing", "a value for each thing the lookup takes"),
            field("not_found", Shape::Step, "must be there if the lookup gives columns or asks over HTTP; else it goes on", "the step when there is no row or none was changed, or the system answers 404"),
            field("failed", Shape::Step, MUST, "the step when it fails or takes longer than `within`"),
            field("unknown", Shape::Step, "must be there if the lookup `changes` something", "the step when a change was not answered as it should: nobody knows whether it was made"),
            field("meanwhile", Shape::Prompt, "silence", "a prompt when it takes longer than 1 s; it is heard to its end"),
        ]],
    },
    Action {
        name: "hours", value: Shape::Calendar, one_of: &[],
        says: "goes on if a calendar of hotline.yaml is open at this moment",
        fields: &[&[field("closed", Shape::Step, MUST, "the step when it is closed")]],
    },
    Action {
        name: "language", value: Shape::Language, one_of: &[],
        says: "speaks another of the flow's languages from here on",
        fields: &[],
    },
    Action {
        name: "queue", value: Shape::Queue, one_of: &[],
        says: "lets the caller wait for an agent, with music, their position and the estimated wait, and connects them",
        fields: &[&[
            field("priority", Shape::Expression, "0", "a number from 0 to 255; higher goes first, then who came first"),
            field("because", Shape::Reason, "that of the last `goto`", "why, for the agent: a word of your own"),
            field("keys", KEYS, "none", "keys that lead out of the queue at once"),
            field("no_agents", Shape::Step, "`otherwise`", "the step when no agent of the queue has a phone registered"),
            field("full", Shape::Step, "`otherwise`", "the step when the queue is full"),
            field("max_wait", Shape::Duration, "1 hour, and a warning", "how long at most"),
            field("waited", Shape::Step, "`otherwise`", "the step after `max_wait`"),
            field("otherwise", Shape::Step, "must be there, or all of them", "the step for each of these that has none of its own"),
            field("after", Shape::Step, "the call ends", "the step when the agent hangs up first"),
        ]],
    },
    Action {
        name: "transfer", value: Shape::Address, one_of: &[],
        says: "connects the caller with somebody outside, where the operator's allow-list lets calls go",
        fields: &[&[
            field("kind", Shape::Word(&["bridge", "blind"]), "`bridge`", "bridge: both are connected here, and a failure brings the caller back; blind: the caller's own side is asked to call there"),
            field("because", Shape::Reason, "that of the last `goto`", "why, for whoever answers"),
            field("ring_for", Shape::Duration, "30s", "how long it may ring"),
            field("busy", Shape::Step, "`otherwise`", "the step when the other side is busy"),
            field("no_answer", Shape::Step, "`otherwise`", "the step when nobody answers in time"),
            field("otherwise", Shape::Step, MUST, "the step on every other failure"),
            field("after", Shape::Step, "the call ends", "the step when the other side hangs up first"),
        ]],
    },
    Action {
        name: "case", value: Shape::CaseKind, one_of: &[],
        says: "opens a case with a number and a deadline, which are read as `case.number` and `case.promised` afterwards",
        fields: &[&[
            field("about", Shape::Reason, "none", "what about, for whoever works on it: a word of your own"),
            field("with", TOLD, "nothing", "what they should know, by names of your own; never a secret"),
            field("failed", Shape::Step, MUST, "the step when it cannot be opened"),
        ]],
    },
    Action {
        name: "callback", value: Shape::Queue, one_of: &[],
        says: "promises that an agent of the queue calls back",
        fields: &[&[
            field("number", Shape::Expression, MUST, "whom: a phone or digits"),
            field("within", Shape::Duration, "24h", "until when they are called, counted from now"),
            field("because", Shape::Reason, "none", "why, for the agent: a word of your own"),
            field("no_number", Shape::Step, MUST, "the step when the number is withheld, or none that can be called"),
            field("failed", Shape::Step, MUST, "the step when it cannot be promised"),
        ]],
    },
    Action {
        name: "notify", value: Shape::Receiver, one_of: &[],
        says: "tells somebody else, by webhook or mail; the caller never waits for it",
        fields: &[&[field("with", TOLD, "nothing", "what they are told, by names of your own; never a secret")]],
    },
    Action {
        name: "record", value: Shape::Prompt, one_of: &[],
        says: "speaks a prompt and a tone, and keeps what the caller says then",
        fields: &[&[
            field("into", Shape::Variable, MUST, "the variable that gets the recording"),
            field("at_most", Shape::Duration, MUST, "how long it may be; one call records 30 minutes at most"),
            field("silence", Shape::Duration, "3s", "so much silence ends it; who has not begun yet may think for 5 s"),
            field("ends_with", Shape::Key, "any key", "the key that ends it"),
            field("review", Shape::Prompt, "it is kept", "a prompt after which the caller decides what becomes of it"),
            field("keys", Shape::Fields(&REVIEW), "1, 2, 3 and `*`", "the keys of the review by what they do"),
            field("nothing", Shape::Step, MUST, "the step when nothing was said, or it was discarded"),
            field("failed", Shape::Step, MUST, "the step when it cannot be kept"),
        ], &KEYING],
    },
    Action {
        name: "survey", value: Shape::Reason, one_of: &[],
        says: "asks one question after the other, a key each; an answer is read as `<survey>.<question>`",
        fields: &[&[
            field("questions", Shape::Map(&Shape::Reason, &Shape::Either(&Shape::Prompt, &Shape::Fields(&QUESTION))), MUST, "a prompt for each question"),
            field("keys", Shape::Digits, "1..5", "the figures that answer, the lowest and the highest"),
        ]],
    },
    Action {
        name: "conference", value: Shape::Expression, one_of: &[],
        says: "brings others into the call, who all hear each other and the caller",
        fields: &[&[
            field("with", Shape::OneOrMore(&Shape::Address), MUST, "whom to call, one or up to six"),
            field("announce", Shape::Prompt, "silence", "what the caller hears when somebody joins"),
            field("ends_with", Shape::Key, "none", "the key by which the caller leaves"),
            field("because", Shape::Reason, "that of the last `goto`", "why, for whoever answers"),
            field("ring_for", Shape::Duration, "30s", "how long each may ring"),
            field("failed", Shape::Step, MUST, "the step when nobody could be brought in"),
            field("after", Shape::Step, "the call ends", "the step when the others have left, or the caller has"),
        ]],
    },
    Action {
        name: "run", value: Shape::Flow, one_of: &[],
        says: "goes through another flow and comes back; what it gives is read as `<flow>.<variable>`; any other field is an exit of it",
        fields: &[&[
            field("with", Shape::Map(&Shape::Input, &Shape::Expression), "nothing, if it takes nothing", "a value for each variable that the flow takes"),
            field("otherwise", Shape::Step, "must be there, or all of them", "the step for each exit that has none of its own"),
        ]],
    },
    Action {
        name: "return", value: Shape::Optional(&Shape::Exit), one_of: &[],
        says: "goes back to the flow that runs this one: behind its `run`, or by the exit named",
        fields: &[],
    },
    Action {
        name: "hangup", value: Shape::Optional(&Shape::Prompt), one_of: &[],
        says: "ends the call, after a prompt if one is named; that cannot be interrupted",
        fields: &[],
    },
];

/// The names of all actions, for the parser.
pub(in crate::flow) const NAMES: [&str; ACTIONS.len()] = {
    let mut names = [""; ACTIONS.len()];
    let mut at = 0;
    while at < names.len() {
        #[expect(clippy::indexing_slicing, reason = "worked out while compiling: at < the length")]
        {
            names[at] = ACTIONS[at].name;
        }
        at += 1;
    }
    names
};

/// What else may stand beside an action, under names that another file has: beside `run` a step for each exit.
pub(super) fn others(action: &Action) -> Option<(Shape, Shape)> {
    (action.name == "run").then_some((Shape::Exit, Shape::Step))
}

/// The action called `name`.
#[must_use]
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|it| it.name == name)
}
