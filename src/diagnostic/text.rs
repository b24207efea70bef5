//! Findings as people read them: excerpt, caret, help, and one line that counts them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use super::{Diagnostic, Level, Sources, Span};

/// Shows `found` in order of file and place, with colours where `colour` says so.
#[must_use]
pub fn render(found: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for it in super::in_order(found) {
        text.push_str(&renderer.render(&report(it, sources)));
        text.push_str("\n\n");
    }
    text
}

/// One line that counts them: `2 errors, 1 warning`; `no problems` for none.
#[must_use]
pub fn summary(found: &[Diagnostic]) -> String {
    let counted = |level, word: &str| {
        let count = found.iter().filter(|it| it.level == level).count();
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {word}{plural}"))
    };
    let parts: Vec<String> =
        [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Hint, "hint")]
            .into_iter()
            .filter_map(|(level, word)| counted(level, word))
            .collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

fn report<'a>(it: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match it.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Hint => Shown::INFO.with_name("hint"),
    };
    let mut group = Group::with_title(level.primary_title(it.says.as_str()).id(it.code));
    if let Some(snippet) = excerpt(it.span, None, sources) {
        group = group.element(snippet);
    }
    for (span, says) in &it.notes {
        if let Some(snippet) = excerpt(*span, Some(says), sources) {
            group = group.element(snippet);
        }
    }
    if let Some(help) = &it.help {
        group = group.element(Shown::HELP.message(help.as_str()));
    }
    vec![group]
}

fn excerpt<'a>(
    span: Span,
    note: Option<&'a str>,
    sources: &'a Sources,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = sources.get(span.file)?;
    sources.excerpt(span)?;
    let kind = if note.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let mark = kind.span(span.start as usize..span.end as usize).label(note);
    Some(Snippet::source(&*source.text).path(&*source.name).annotation(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_line_its_place_and_what_to_write() {
        let mut sources = Sources::default();
        let text =
            "flow: shop\nsteps:\n  main:\n    - menu: main-menu\n      keys: { 1: oder-status }\n";
        let file = sources.add("flows/shop.yaml", text);
        let at = text.find("oder").unwrap();
        let found = [Diagnostic::error(
            "HL0203",
            Span::new(file, at, at + 11),
            "no step is called `oder-status`",
        )
        .help("did you mean `order-status`?".to_owned())
        .note(Span::new(file, 6, 10), "in this flow")];
        insta::assert_snapshot!(render(&found, &sources, false), @"
        error[HL0203]: no step is called `oder-status`
         --> flows/shop.yaml:5:18
          |
        5 |       keys: { 1: oder-status }
          |                  ^^^^^^^^^^^
          |
         ::: flows/shop.yaml:1:7
          |
        1 | flow: shop
          |       ---- in this flow
          |
          = help: did you mean `order-status`?
        ");
        assert_eq!(summary(&found), "1 error");
        assert_eq!(summary(&[]), "no problems");
    }
}
