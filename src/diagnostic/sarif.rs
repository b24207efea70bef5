//! Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the lines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::json::Place;
use super::{Diagnostic, Level, Sources, Span};

/// Shows `found` in order of file and place, with a line break at the end.
#[must_use]
pub fn render(found: &[Diagnostic], sources: &Sources) -> String {
    let found = super::in_order(found);
    let mut codes: Vec<&str> = found.iter().map(|it| it.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = found.iter().map(|it| result(it, &codes, sources)).collect();
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code })).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hotline",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{report:#}\n")
}

fn result(it: &Diagnostic, codes: &[&str], sources: &Sources) -> Value {
    // SARIF 2.1.0 3.27.10 knows error, warning and note.
    let level = match it.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Hint => "note",
    };
    let text = match &it.help {
        Some(help) => format!("{}: {help}", it.says),
        None => it.says.clone(),
    };
    let mut result = json!({
        "ruleId": it.code,
        "ruleIndex": codes.binary_search(&it.code).unwrap_or_default(),
        "level": level,
        "message": { "text": text },
        "locations": location(it.span, sources).into_iter().collect::<Vec<_>>(),
    });
    let related: Vec<Value> = it
        .notes
        .iter()
        .filter_map(|(span, says)| {
            let mut place = location(*span, sources)?;
            place.as_object_mut()?.insert("message".to_owned(), json!({ "text": says }));
            Some(place)
        })
        .collect();
    if let (Some(fields), false) = (result.as_object_mut(), related.is_empty()) {
        fields.insert("relatedLocations".to_owned(), related.into());
    }
    result
}

fn location(span: Span, sources: &Sources) -> Option<Value> {
    let place = Place::of(span, sources)?;
    Some(json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(place.file) },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    } }))
}

/// A path as a relative URI reference (RFC 3986 2.1): everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diagnostic::{Diagnostic, Sources, Span};

    #[test]
    fn code_hosts_get_rules_results_and_regions() {
        let mut sources = Sources::default();
        let file = sources.add("flows/my 店.yaml", "flow: shop\ntitle: 商城 oder\n");
        let found = [
            Diagnostic::hint("HL0213", Span::new(file, 900, 901), "a place that is gone"),
            Diagnostic::error("HL0203", Span::new(file, 25, 29), "no step is called `oder`")
                .note(Span::new(file, 6, 10), "in this flow")
                .help("did you mean `order`?".to_owned()),
        ];
        let shown = render(&found, &sources).replace(env!("CARGO_PKG_VERSION"), "[version]");
        insta::assert_snapshot!(shown, @r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "version": "2.1.0",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "hotline",
                  "version": "[version]",
                  "rules": [
                    {
                      "id": "HL0203"
                    },
                    {
                      "id": "HL0213"
                    }
                  ]
                }
              },
              "columnKind": "unicodeCodePoints",
              "results": [
                {
                  "ruleId": "HL0203",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "no step is called `oder`: did you mean `order`?"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "flows/my%20%E5%BA%97.yaml"
                        },
                        "region": {
                          "startLine": 2,
                          "startColumn": 11,
                          "endLine": 2,
                          "endColumn": 15
                        }
                      }
                    }
                  ],
                  "relatedLocations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "flows/my%20%E5%BA%97.yaml"
                        },
                        "region": {
                          "startLine": 1,
                          "startColumn": 7,
                          "endLine": 1,
                          "endColumn": 11
                        }
                      },
                      "message": {
                        "text": "in this flow"
                      }
                    }
                  ]
                },
                {
                  "ruleId": "HL0213",
                  "ruleIndex": 1,
                  "level": "note",
                  "message": {
                    "text": "a place that is gone"
                  },
                  "locations": []
                }
              ]
            }
          ]
        }
        "#);
    }
}
