//! Mermaid's flowcharts.

use std::fmt::Write as _;

use super::dot::heat_colour;
use super::{Picture, Role, Traffic};

pub(super) fn write(picture: &Picture, traffic: Option<&Traffic>) -> String {
    let mut out = format!("---\ntitle: {}\n---\nflowchart TD\n", quoted(&picture.title));
    for (at, step) in picture.boxes.iter().enumerate() {
        let lines = step.lines.iter().map(|it| escaped(it));
        let counted = traffic.map(|it| escaped(&it.line(at)));
        let name = std::iter::once(format!("<b>{}</b>", step.name));
        let text: Vec<_> = name.chain(counted).chain(lines).collect();
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
        let label = match (traffic, arrow.label.as_str()) {
            (Some(traffic), _) => format!("|\"{}\"|", escaped(&traffic.label(arrow))),
            (None, "") => String::new(),
            (None, label) => format!("|\"{}\"|", escaped(label)),
        };
        let _ = writeln!(out, "  s{} -->{label} s{}", arrow.from, arrow.to);
    }
    if let Some(traffic) = traffic {
        counted(picture, traffic, &mut out);
    }
    out.push_str(
        "  classDef start fill:#d8f3dc,stroke:#2d6a4f\n  classDef person fill:#dbeafe,stroke:#1d4ed8\n  \
         classDef ends fill:#eceff1,stroke:#546e7a\n  classDef unreached stroke-dasharray:4\n",
    );
    out
}

/// Colours and widths; which calls are counted stands in comments, which no reader of the source misses.
fn counted(picture: &Picture, traffic: &Traffic, out: &mut String) {
    // Writing to a String cannot fail.
    for note in traffic.notes(picture) {
        let _ = writeln!(out, "  %% {}", note.replace(['\n', '{', '}'], " "));
    }
    for at in (0..picture.boxes.len()).filter(|at| traffic.heat(*at) > 0.0) {
        let _ = writeln!(out, "  style s{at} fill:{}", heat_colour(traffic.heat(at)));
    }
    for (nth, arrow) in picture.arrows.iter().enumerate() {
        let walked = traffic.way(arrow);
        let dashes = if walked.calls == 0 { ",stroke-dasharray:4" } else { "" };
        let _ =
            writeln!(out, "  linkStyle {nth} stroke-width:{:.1}px{dashes}", traffic.width(walked));
    }
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
