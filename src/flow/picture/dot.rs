//! Graphviz's language.

use std::fmt::Write as _;

use super::{Picture, Role};

pub(super) fn write(picture: &Picture) -> String {
    let mut out = format!(
        "digraph flow {{\n  label={};\n  labelloc=t;\n  node [shape=box, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
        quoted(&picture.title)
    );
    for step in &picture.boxes {
        let style = match step.role {
            Role::Start => ", style=\"rounded,filled,bold\", fillcolor=\"#d8f3dc\"",
            Role::Person => ", style=filled, fillcolor=\"#dbeafe\"",
            Role::End => ", style=filled, fillcolor=\"#eceff1\", peripheries=2",
            Role::Unreached => ", style=dashed",
            Role::Between => "",
        };
        let lines = step.lines.iter().map(String::as_str);
        let text: Vec<_> = std::iter::once(&*step.name).chain(lines).collect();
        let words: Vec<_> =
            step.words.iter().map(|(_, lang, text)| format!("{lang}: {text}")).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  {} [label={}, tooltip={}{style}];",
            quoted(&step.name),
            quoted(&text.join("\n")),
            quoted(&words.join("\n"))
        );
    }
    let name = |at: usize| picture.boxes.get(at).map_or("", |it| &*it.name);
    for arrow in &picture.arrows {
        let label = match arrow.label.as_str() {
            "" => String::new(),
            label => format!(" [label={}]", quoted(label)),
        };
        let _ =
            writeln!(out, "  {} -> {}{label};", quoted(name(arrow.from)), quoted(name(arrow.to)));
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
