//! The table as a page for designers: docs/design-flows/reference.md.

use std::fmt::Write as _;

use super::{ACTIONS, COMMON, CONTEXT, DEFAULTS, FLOW, FOUND_WHEN, FROM, Field, LOOKUPS};
use crate::flow::builtin;
use crate::value::TYPE_NAMES;

/// The page; a test holds docs/design-flows/reference.md against it.
#[must_use]
pub fn markdown() -> String {
    let mut page = "# Every step and every field\n\n<!-- Written by `hotline schema --markdown`: change \
                    src/flow/reference/ instead. -->\n\nWhat each of them means, with examples, is in \
                    [flows.md](../flows.md); the same table is in `hotline schema` and behind `hotline lsp`.\n\n"
        .to_owned();
    for (title, fields) in
        [("A flow", FLOW.as_slice()), ("`defaults`", &DEFAULTS), ("A line of `context`", &CONTEXT)]
    {
        // Writing into a `String` cannot fail.
        let _ = writeln!(page, "## {title}\n");
        table(&mut page, fields.iter());
    }
    page.push_str("## Lookups\n\nWhat stands first says what is asked.\n");
    for it in LOOKUPS {
        let _ = writeln!(page, "\n### `{}` in `lookups`\n", it.name);
        let _ = writeln!(page, "`{}: <{}>` {}.\n", it.name, it.value.called(), it.says);
        table(&mut page, it.fields());
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    for (title, fields) in [("A value of `gives`", &FROM), ("`found_when`", &FOUND_WHEN)] {
        let _ = writeln!(page, "\n### {title} over HTTP\n");
        table(&mut page, fields.iter());
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    page.push('\n');
    page.push_str(
        "## Actions\n\nEach is one entry of a step's list. Every one of them may have:\n\n",
    );
    table(&mut page, COMMON.iter());
    page.push_str("| action | behind it | does |\n| --- | --- | --- |\n");
    for action in ACTIONS {
        let behind = cell(&action.value.called());
        let _ =
            writeln!(page, "| [`{0}`](#{0}) | {behind} | {1} |", action.name, cell(action.says));
    }
    for action in ACTIONS {
        let (name, behind) = (action.name, action.value.called());
        let _ = writeln!(page, "\n### `{name}`\n\n`{name}: <{behind}>` {}.\n", action.says);
        if action.fields().next().is_some() {
            table(&mut page, action.fields());
            page.truncate(page.trim_end().len());
            page.push('\n');
        }
    }
    let types: Vec<_> = TYPE_NAMES.iter().map(|it| format!("`{it}`")).collect();
    let names: Vec<_> = builtin::NAMES.iter().map(|it| format!("`{it}`")).collect();
    let _ = write!(
        page,
        "\n## Types\n\n{}, and a list of words: `[paid, shipped]`.\n\n## Variables that every flow has\n\n{}.\n",
        types.join(", "),
        names.join(", "),
    );
    page
}

fn table<'a>(page: &mut String, fields: impl Iterator<Item = &'a Field>) {
    page.push_str("| field | is | unless written | says |\n| --- | --- | --- | --- |\n");
    for it in fields {
        let shape = cell(&it.shape.called());
        let (unless, says) = (cell(it.unless), cell(it.says));
        let _ = writeln!(page, "| `{}` | {shape} | {unless} | {says} |", it.name);
    }
    page.push('\n');
}

/// A `|` would end a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
