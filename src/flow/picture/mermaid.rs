//! Mermaid's flowcharts.

use std::fmt::Write as _;

use super::{Picture, Role};

pub(super) fn write(picture: &Picture) -> String {
    let mut out = format!("---\ntitle: {}\n---\nflowchart TD\n", quoted(&picture.title));
    for (at, step) in picture.boxes.iter().enumerate() {
        let lines = step.lines.iter().map(|it| escaped(it));
        let text: Vec<_> = std::iter::once(format!("<b>{}</b>", step.name)).chain(lines).collect();
        let text = text.join("<br>");
        let (open, close, class) = match step.role {
            Role::Start => ("([\"", "\"])", ":::start"),
            Role::Person => ("{{\"", "\"}}", ":::person"),
            Role::End => ("[[\"", "\"]]", ":::ends"),
            Role::Unreached => ("[\"", "\"]", ":::unreached"),
            Role::Between => ("[\"", "\"]", ""),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  s{at}{open}{text}{close}{class}");
    }
    for arrow in &picture.arrows {
        let label = match arrow.label.as_str() {
            "" => String::new(),
            label => format!("|\"{}\"|", escaped(label)),
        };
        let _ = writeln!(out, "  s{} -->{label} s{}", arrow.from, arrow.to);
    }
    out.push_str(
        "  classDef start fill:#d8f3dc,stroke:#2d6a4f\n  classDef person fill:#dbeafe,stroke:#1d4ed8\n  \
         classDef ends fill:#eceff1,stroke:#546e7a\n  classDef unreached stroke-dasharray:4\n",
    );
    out
}

/// Mermaid writes characters as `#` and their number; `#` itself is one of them, and a key.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        if matches!(it, '#' | '"' | '<' | '>' | '&' | ';' | '`' | '\\') || it.is_control() {
            let _ = write!(out, "#{};", u32::from(it));
        } else {
            out.push(it);
        }
    }
    out
}

/// A text of YAML's front matter.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " "))
}
