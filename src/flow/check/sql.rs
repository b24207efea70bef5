//! HL0704 sql-names: a query names a value that the lookup does not take, or does not name one that it takes; HL0705
//! sql-changes: a query changes something and the lookup does not say so.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::model::{Asks, Lookup};

/// Points at the query, or at the value that it never uses.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values() {
        let Asks::Sql(query) = &lookup.asks else { continue };
        let words = words(&query.value);
        names(study, lookup, query.span, &words, found);
        if let Some(word) = changes(&words).filter(|_| !lookup.changes) {
            let says = format!("`{word}` changes something, and the lookup does not say so");
            let help = "add `changes: yes`, so that it is never repeated blindly".to_owned();
            found.push(Diagnostic::error("HL0705", query.span, says).help(help));
        }
    }
}

fn names(
    study: &Study<'_>,
    lookup: &Lookup,
    query: Span,
    words: &[&str],
    found: &mut Vec<Diagnostic>,
) {
    let named: Vec<&str> = words.iter().filter_map(|it| it.strip_prefix(':')).collect();
    let mut seen = HashSet::new();
    for name in named.iter().filter(|it| seen.insert(**it)) {
        // The idempotency key of a change comes by itself.
        let once = lookup.changes && *name == "once";
        if !lookup.takes.contains_key(*name) && !once {
            let says = format!("the query names :{name}, which the lookup does not take");
            let near = study.suggest(name, lookup.takes.keys().map(|it| &**it));
            let help = near.unwrap_or_else(|| format!("add it: `takes: {{ {name}: digits }}`"));
            found.push(Diagnostic::error("HL0704", query, says).help(help));
        }
    }
    for (name, kind) in lookup.takes.iter().filter(|(name, _)| !seen.contains(&***name)) {
        let says = format!("the query never names :{name}");
        let help = format!("use it, as in `where number = :{name}`, or do not take it");
        found
            .push(Diagnostic::error("HL0704", kind.span, says).note(query, "the query").help(help));
    }
}

/// The word that makes a statement one that changes something. In a `with` statement it may stand further inside.
fn changes<'a>(words: &[&'a str]) -> Option<&'a str> {
    const CHANGE: [&str; 9] =
        ["insert", "update", "delete", "replace", "merge", "create", "drop", "alter", "truncate"];
    let is = |word: &&&'a str, list: &[&str]| list.iter().any(|it| it.eq_ignore_ascii_case(word));
    let first = words.first()?;
    let with = first.eq_ignore_ascii_case("with");
    words.iter().take(if with { usize::MAX } else { 1 }).find(|it| is(it, &CHANGE)).copied()
}

/// The `:names` of a statement without their colons, each with its first byte.
pub(crate) fn named(query: &str) -> Vec<(usize, &str)> {
    let name = |(at, word): (usize, &'_ str)| Some((at + 1, query.get(at + 1..at + word.len())?));
    let named = words_at(query).into_iter().filter(|(_, word)| word.starts_with(':'));
    named.filter_map(name).collect()
}

/// The words of a statement and its `:names`, without quoted texts and names and comments.
fn words(query: &str) -> Vec<&str> {
    words_at(query).into_iter().map(|(_, word)| word).collect()
}

/// The same, each with its first byte.
fn words_at(query: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => skip(rest, 1, first.encode_utf8(&mut [0; 4])),
            '-' if rest.starts_with("--") => skip(rest, 2, "\n"),
            '/' if rest.starts_with("/*") => skip(rest, 2, "*/"),
            // PostgreSQL's `total::text` is a cast, no name.
            ':' if rest.starts_with("::") => 2,
            ':' => 1 + name_length(rest.get(1..).unwrap_or_default()),
            letter if letter.is_alphabetic() || letter == '_' => name_length(rest),
            other => other.len_utf8(),
        };
        let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if word.len() > 1
            && word.starts_with(|it: char| it.is_alphabetic() || it == '_' || it == ':')
            && word != "::"
        {
            words.push((query.len() - rest.len(), word));
        }
        rest = behind;
    }
    words
}

fn name_length(rest: &str) -> usize {
    rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len())
}

/// The length of what begins with `opening` bytes and ends with `close`.
fn skip(rest: &str, opening: usize, close: &str) -> usize {
    let end = rest.get(opening..).and_then(|it| it.find(close));
    end.map_or(rest.len(), |end| opening + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::{changes, words};

    #[test]
    fn names_and_changes_are_found_outside_of_quotes_and_comments() {
        #[rustfmt::skip]
        let table = [
            ("select a from t where b = :b",              ":b",    None),
            ("select ':no', \":no\" from t -- :no\n where x = :yes /* :no */", ":yes", None),
            ("select total::text from t where n=:n and m=:n", ":n :n", None),
            ("INSERT into t values (:a)",                 ":a",    Some("INSERT")),
            ("select updated from t",                     "",      None),
            ("select 'it''s :no' where a=:a",             ":a",    None),
            ("with x as (delete from t where a=:a returning *) select * from x", ":a", Some("delete")),
            ("with x as (select 1) select * from x",      "",      None),
            ("select '",                                  "",      None),
            ("",                                          "",      None),
        ];
        for (query, names, change) in table {
            let words = words(query);
            let found: Vec<_> = words.iter().filter(|it| it.starts_with(':')).copied().collect();
            assert_eq!((found.join(" ").as_str(), changes(&words)), (names, change), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_query_is_read(query in "[ -~'\":\u{4e00}/*\n-]{0,60}") {
            words(&query);
        }
    }
}
