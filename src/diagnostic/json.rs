//! Findings for scripts and editors: one JSON object with every finding and how many there are of each level.

use serde::Serialize;

use super::{Diagnostic, Level, Sources, Span};

#[derive(Serialize)]
struct Report<'a> {
    findings: Vec<Finding<'a>>,
    errors: usize,
    warnings: usize,
    hints: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    level: Level,
    says: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Note<'a> {
    says: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
}

/// Lines and columns count from 1, columns in characters; the end is the first character behind.
#[derive(Serialize)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl<'a> Place<'a> {
    /// `None` for a span outside of its source.
    pub(super) fn of(span: Span, sources: &'a Sources) -> Option<Self> {
        let (line, column) = sources.place(span)?;
        let (end_line, end_column) = sources.place(Span { start: span.end, ..span })?;
        let file = &sources.get(span.file)?.name;
        Some(Self { file, line, column, end_line, end_column })
    }
}

/// Shows `found` in order of file and place, with a line break at the end.
#[must_use]
pub fn render(found: &[Diagnostic], sources: &Sources) -> String {
    format!("{:#}\n", report(found, sources))
}

/// The same as a value, for a command that has more to say.
#[must_use]
pub fn report(found: &[Diagnostic], sources: &Sources) -> serde_json::Value {
    let count = |level| found.iter().filter(|it| it.level == level).count();
    let findings = super::in_order(found).into_iter().map(|it| Finding {
        code: it.code,
        level: it.level,
        says: &it.says,
        help: it.help.as_deref(),
        place: Place::of(it.span, sources),
        notes: it
            .notes
            .iter()
            .map(|(span, says)| Note { says, place: Place::of(*span, sources) })
            .collect(),
    });
    let report = Report {
        findings: findings.collect(),
        errors: count(Level::Error),
        warnings: count(Level::Warning),
        hints: count(Level::Hint),
    };
    // Texts and numbers under fixed names: nothing in it can fail to be JSON.
    serde_json::to_value(&report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diagnostic::{Diagnostic, Sources, Span};

    #[test]
    fn scripts_get_places_and_counts() {
        let mut sources = Sources::default();
        let file = sources.add("flows/商城.yaml", "flow: shop\ntitle: 商城 oder\n");
        let found = [
            Diagnostic::warning("HL0211", Span::new(file, 6, 10), "no call can come here"),
            Diagnostic::error("HL0203", Span::new(file, 25, 29), "no step is called `oder`")
                .note(Span::new(file, 6, 10), "in this flow")
                .help("did you mean `order`?".to_owned()),
            Diagnostic::hint("HL0213", Span::new(file, 900, 901), "a place that is gone"),
        ];
        insta::assert_snapshot!(render(&found, &sources), @r#"
        {
          "findings": [
            {
              "code": "HL0211",
              "level": "warning",
              "says": "no call can come here",
              "file": "flows/商城.yaml",
              "line": 1,
              "column": 7,
              "end_line": 1,
              "end_column": 11
            },
            {
              "code": "HL0203",
              "level": "error",
              "says": "no step is called `oder`",
              "help": "did you mean `order`?",
              "file": "flows/商城.yaml",
              "line": 2,
              "column": 11,
              "end_line": 2,
              "end_column": 15,
              "notes": [
                {
                  "says": "in this flow",
                  "file": "flows/商城.yaml",
                  "line": 1,
                  "column": 7,
                  "end_line": 1,
                  "end_column": 11
                }
              ]
            },
            {
              "code": "HL0213",
              "level": "hint",
              "says": "a place that is gone"
            }
          ],
          "errors": 1,
          "warnings": 1,
          "hints": 1
        }
        "#);
    }
}
