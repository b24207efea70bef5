//! Graphviz's language.

use std::fmt::Write as _;

use super::{Picture, Role, Traffic};

pub(super) fn write(picture: &Picture, traffic: Option<&Traffic>) -> String {
    let mut out = format!(
        "digraph flow {{\n  label={};\n  labelloc=t;\n  node [shape=box, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
        quoted(&title(picture, traffic))
    );
    for (at, step) in picture.boxes.iter().enumerate() {
        let style = match step.role {
            Role::Start => ", style=\"rounded,filled,bold\", fillcolor=\"#d8f3dc\"",
            Role::Person => ", style=filled, fillcolor=\"#dbeafe\"",
            Role::End => ", style=filled, fillcolor=\"#eceff1\", peripheries=2",
            Role::Unreached => ", style=dashed",
            Role::Between => "",
        };
        let lines = step.lines.iter().map(String::as_str);
        let counted = traffic.map(|it| it.line(at));
        let text: Vec<_> =
            std::iter::once(&*step.name).chain(counted.as_deref()).chain(lines).collect();
        let told = traffic.iter().flat_map(|it| it.told(at));
        let words = step.words.iter().map(|(_, lang, text)| format!("{lang}: {text}"));
        let words: Vec<_> = told.chain(words).collect();
        // Where callers hang up is what is looked for: it takes the place of the step's own colour.
        let hot = traffic.filter(|it| it.heat(at) > 0.0);
        let style = hot.map_or_else(
            || style.to_owned(),
            |it| format!(", style=filled, fillcolor=\"{}\"", heat_colour(it.heat(at))),
        );
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
        let label = match (traffic, arrow.label.as_str()) {
            (Some(traffic), _) => format!(
                " [label={}, tooltip={}, penwidth={:.1}{}]",
                quoted(&traffic.label(arrow)),
                quoted(&traffic.told_way(arrow)),
                traffic.width(traffic.way(arrow)) / 1.5,
                if traffic.way(arrow).calls == 0 { ", style=dashed, color=gray" } else { "" },
            ),
            (None, "") => String::new(),
            (None, label) => format!(" [label={}]", quoted(label)),
        };
        let _ =
            writeln!(out, "  {} -> {}{label};", quoted(name(arrow.from)), quoted(name(arrow.to)));
    }
    out.push_str("}\n");
    out
}

/// The picture's title, and which calls are counted.
fn title(picture: &Picture, traffic: Option<&Traffic>) -> String {
    let notes = traffic.map(|it| it.notes(picture)).unwrap_or_default();
    std::iter::once(picture.title.clone()).chain(notes).collect::<Vec<_>>().join("\n")
}

/// From nearly white to red, for languages without mixing.
pub(super) fn heat_colour(heat: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let mix = |cold: f64, hot: f64| (cold + (hot - cold) * heat).round().clamp(0.0, 255.0) as u8;
    format!("#{:02x}{:02x}{:02x}", mix(255.0, 240.0), mix(240.0, 110.0), mix(235.0, 90.0))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
