//! What a flow takes that only others run: given on the command line, or asked for before the call begins.

use std::io::{self, BufRead, Write};

use indexmap::IndexMap;

use crate::diagnostic::nearest;
use crate::flow::Program;
use crate::flow::model::Name;
use crate::value::{Type, Value};

/// Why a flow cannot begin with what was given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    #[error("`--with {0}` has no value: write `--with {0}=VALUE`")]
    NoValue(String),
    #[error("the flow takes no `{name}`{}", near.as_ref().map(|it| format!(": did you mean `{it}`?")).unwrap_or_default())]
    Unknown { name: String, near: Option<String> },
    #[error("`{name}` is {kind}, and what was given is not")]
    Unreadable { name: Name, kind: String },
    #[error("`{name}`, {kind}, was not given: add `--with {name}=VALUE`")]
    Missing { name: Name, kind: String },
}

/// The values that `flow` begins with; none for a flow that is dialled. What `with` lacks is asked for.
pub(super) fn of(
    flow: &Program,
    with: &[String],
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> io::Result<Result<Option<IndexMap<Name, Value>>, Wrong>> {
    let mut values = match given(flow, with) {
        Ok(values) => values,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if flow.sub_flow().is_none() {
        return Ok(Ok(None));
    }
    for (name, kind) in &flow.takes {
        if values.contains_key(name) {
            continue;
        }
        let kind = &kind.value;
        write!(out, "{name} ({kind}): ")?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(Err(Wrong::Missing { name: name.clone(), kind: kind.to_string() }));
        }
        match value(name, kind, line.trim()) {
            Ok(value) => values.insert(name.clone(), value),
            Err(wrong) => return Ok(Err(wrong)),
        };
    }
    Ok(Ok(Some(values)))
}

fn given(flow: &Program, with: &[String]) -> Result<IndexMap<Name, Value>, Wrong> {
    let mut values = IndexMap::new();
    for it in with {
        let (name, text) = it.split_once('=').ok_or_else(|| Wrong::NoValue(it.clone()))?;
        let (name, text) = (name.trim(), text.trim());
        let Some((name, kind)) = flow.takes.get_key_value(name) else {
            let near = nearest(name, flow.takes.keys().map(|it| &**it)).map(str::to_owned);
            return Err(Wrong::Unknown { name: name.to_owned(), near });
        };
        values.insert(name.clone(), value(name, &kind.value, text)?);
    }
    Ok(values)
}

fn value(name: &Name, kind: &Type, text: &str) -> Result<Value, Wrong> {
    let unreadable = |_| Wrong::Unreadable { name: name.clone(), kind: kind.to_string() };
    kind.read(text).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    const FLOW: &str = "
flow: identify
languages: [en-US]
start: ask
takes: { level: number, account: digits }
steps:
  ask:
    - return:
";

    /// What it begins with, or what is wrong; and what was asked.
    fn begin(with: &[&str], typed: &str) -> (String, String) {
        let mut sources = Sources::default();
        let file = sources.add("identify.yaml", FLOW);
        let flow = Program::unproven(crate::flow::parse(file, FLOW).0.unwrap());
        let with: Vec<String> = with.iter().map(|it| (*it).to_owned()).collect();
        let mut out = Vec::new();
        let came = match of(&flow, &with, &mut typed.as_bytes(), &mut out).unwrap() {
            Ok(values) => {
                let values = values.into_iter().flatten();
                values.map(|(name, value)| format!("{name}={value} ")).collect()
            }
            Err(wrong) => wrong.to_string(),
        };
        (came, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_flow_begins_with_what_was_given_or_is_asked_for() {
        #[rustfmt::skip]
        let table: [(&[&str], &str, &str, &str); 7] = [
            (&["level=2", "account=007"], "",         "level=2 account=007 ", ""),
            (&["account=007"],            "3\n",      "account=007 level=3 ", "level (number): "),
            (&[],                         "3\n12\n",  "level=3 account=12 ",  "level (number): account (digits): "),
            (&["level"],                  "",         "`--with level` has no value: write `--with level=VALUE`", ""),
            (&["levl=2"],                 "",         "the flow takes no `levl`: did you mean `level`?", ""),
            (&["level=high"],             "",         "`level` is number, and what was given is not", ""),
            (&["level=2"],                "",         "`account`, digits, was not given: add `--with account=VALUE`", "account (digits): \n"),
        ];
        for (with, typed, came, asked) in table {
            assert_eq!(begin(with, typed), (came.to_owned(), asked.to_owned()), "{with:?}");
        }
    }
}
