//! What may stand at a place of a flow.

use super::{Action, Field};

/// What may stand at a place of a flow.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// A path below a connector's address, in which a lookup's values stand as `{name}`.
    Path,
    /// A SQL statement, in which a lookup's values stand as `:name`.
    Query,
    /// A text, or a text per language.
    Texts,
    /// The name of the flow, given here.
    FlowName,
    /// The name of a flow that is run.
    Flow,
    /// The name of a way back out of a flow that is run.
    Exit,
    /// A language tag.
    Language,
    /// The name of a step.
    Step,
    /// The name of a step, given here.
    NewStep,
    /// The name of a prompt.
    Prompt,
    /// The name of a lookup.
    Lookup,
    /// The name of something that a flow that is run takes.
    Input,
    /// The name of a lookup, given here.
    NewLookup,
    /// The name of something that a lookup takes.
    Parameter,
    /// The same, given here.
    NewParameter,
    /// The name of a column of a lookup, given here.
    NewColumn,
    /// The name of a variable that gets a value here.
    Variable,
    /// The name of a queue of hotline.yaml.
    Queue,
    /// The name of a calendar of hotline.yaml.
    Calendar,
    /// The name of a connector of hotline.yaml.
    Connector,
    /// A name of the designer's own, in expressions' letters.
    OwnName,
    /// A kind of case of hotline.yaml.
    CaseKind,
    /// Somebody under `notify` of hotline.yaml.
    Receiver,
    /// A word of the designer's own.
    Reason,
    /// An expression.
    Expression,
    /// A SIP URI or a number as it stands, or an expression.
    Address,
    /// A type.
    Type,
    /// The name of a unit of the catalogues.
    Unit,
    /// A type, with `?` behind it where the value may be missing.
    Given,
    /// A length of time.
    Duration,
    /// Yes or no.
    YesNo,
    /// A whole number from 0 to 255.
    Count,
    /// A whole number from the first to the second.
    Number(u8, u8),
    /// Louder or quieter than recorded.
    Volume,
    /// A number of digits, or the least and the most.
    Digits,
    /// Two expressions, the least and the most.
    Range,
    /// A pattern of figures.
    Pattern,
    /// A key of the telephone.
    Key,
    /// One of these words.
    Word(&'static [&'static str]),
    /// This, or nothing.
    Optional(&'static Self),
    /// A list.
    List(&'static Self),
    /// One, or a list of them.
    OneOrMore(&'static Self),
    /// A map of names: what the names are, and what stands behind each.
    Map(&'static Self, &'static Self),
    /// A map with known fields.
    Fields(&'static [Field]),
    /// A map of which one key says what it is, with what may stand beside each of them.
    Action(&'static [Action], &'static [Field]),
    /// Codes of findings, each with the reason why it may be so.
    Allow,
    /// The first, or a map like the second.
    Either(&'static Self, &'static Self),
    /// What a scenario's table of a lookup has: a column, or what the lookup takes.
    Cell,
    /// Anything that JSON can say, in which a lookup's values stand as `{name}`.
    Json,
    /// Nothing.
    Nothing,
}

impl Shape {
    /// What it is called in a table of fields.
    #[must_use]
    pub fn called(self) -> String {
        match self {
            Self::Text | Self::Path | Self::Query => "text".to_owned(),
            Self::Texts => "text, or a text per language".to_owned(),
            Self::FlowName => "name".to_owned(),
            Self::Flow => "flow".to_owned(),
            Self::Exit => "exit".to_owned(),
            Self::Language => "language".to_owned(),
            Self::Step => "step".to_owned(),
            Self::NewStep => "name of a step".to_owned(),
            Self::Prompt => "prompt".to_owned(),
            Self::Lookup => "lookup".to_owned(),
            Self::Input => "what the flow takes".to_owned(),
            Self::NewLookup => "name of a lookup".to_owned(),
            Self::Parameter => "what the lookup takes".to_owned(),
            Self::NewParameter => "name of a value".to_owned(),
            Self::NewColumn => "name of a column".to_owned(),
            Self::Variable => "variable".to_owned(),
            Self::Queue => "queue".to_owned(),
            Self::Calendar => "calendar".to_owned(),
            Self::Connector => "connector".to_owned(),
            Self::OwnName => "name of your own".to_owned(),
            Self::CaseKind => "kind of case".to_owned(),
            Self::Receiver => "somebody under `notify`".to_owned(),
            Self::Reason => "word of your own".to_owned(),
            Self::Expression => "expression".to_owned(),
            Self::Address => "SIP URI, number or expression".to_owned(),
            Self::Type => "type".to_owned(),
            Self::Unit => "unit of the catalogue".to_owned(),
            Self::Given => "type, perhaps with `?`".to_owned(),
            Self::Duration => "length of time".to_owned(),
            Self::YesNo => "yes or no".to_owned(),
            Self::Count => "number, 0 to 255".to_owned(),
            Self::Number(least, most) => format!("number, {least} to {most}"),
            Self::Volume => "volume: `-6dB`".to_owned(),
            Self::Digits => "number of digits".to_owned(),
            Self::Range => "two expressions: `10..500`".to_owned(),
            Self::Pattern => "pattern of figures".to_owned(),
            Self::Key => "key".to_owned(),
            Self::Word(words) => {
                words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ")
            }
            Self::Optional(inner) => format!("{} or nothing", inner.called()),
            Self::List(inner) => format!("list, each: {}", inner.called()),
            Self::OneOrMore(inner) => format!("{0}, or a list: {0}", inner.called()),
            Self::Map(name, value) => format!("map, {}: {}", name.called(), value.called()),
            Self::Fields(_) => "map of fields".to_owned(),
            Self::Action([one, other], _) => format!("map with `{}` or `{}`", one.name, other.name),
            Self::Action(..) => "action".to_owned(),
            Self::Allow => "map of codes and reasons".to_owned(),
            Self::Either(one, other) => format!("{} or {}", one.called(), other.called()),
            Self::Cell => "column".to_owned(),
            Self::Json => "map, list or text".to_owned(),
            Self::Nothing => "nothing".to_owned(),
        }
    }
}
