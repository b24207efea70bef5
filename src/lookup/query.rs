//! A lookup's question to a database: `:name` outside of quotes and comments becomes a bound parameter.

use std::sync::Arc;

use crate::value::Type;

/// A query whose parameters are known. Made once, at load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// With `?1`, `?2`, … where `:name` stood.
    pub(super) sql: Arc<str>,
    /// The name of `?1`, of `?2`, ….
    pub(super) params: Vec<Arc<str>>,
    pub(super) gives: Vec<Column>,
    pub(super) changes: bool,
}

/// One column of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, in the query and in the flow.
    pub name: Arc<str>,
    /// How it is read.
    pub kind: Type,
    /// Whether it may be null.
    pub optional: bool,
}

/// What is wrong with a query's text; places are byte offsets into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter that the lookup does not take.
    #[error("the query uses `:{name}`, which the lookup does not take")]
    Unknown {
        /// Its name.
        name: Arc<str>,
        /// Where its colon stands.
        at: usize,
    },
    /// Something that the lookup takes and the query does not use.
    #[error("the lookup takes `{0}`, which the query does not use")]
    Unused(Arc<str>),
    /// A parameter that is not of the form `:name`.
    #[error("parameters are written `:name`")]
    Form {
        /// Where it begins.
        at: usize,
    },
    /// A quote or a comment without its end.
    #[error("a quote or comment is not closed")]
    Open {
        /// Where it begins.
        at: usize,
    },
    /// A second statement.
    #[error("a lookup is one statement")]
    Several {
        /// Where it begins.
        at: usize,
    },
}

impl Statement {
    /// Finds the parameters of `text`: each must be one of `takes`, and each of `takes` must be used.
    ///
    /// With `changes` the query runs in a transaction that may write, and may use `:once`, its idempotency key; without, it
    /// runs where nothing can be written.
    ///
    /// # Errors
    /// [`QueryError`], the first that is found.
    pub fn prepare(
        text: &str,
        takes: &[Arc<str>],
        gives: Vec<Column>,
        changes: bool,
    ) -> Result<Self, QueryError> {
        let mut sql = String::with_capacity(text.len());
        let mut params: Vec<Arc<str>> = Vec::new();
        let mut ended = false;
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (piece, after) = rest.split_at(piece_length(rest).ok_or(QueryError::Open { at })?);
            rest = after;
            let kept = piece.starts_with(char::is_whitespace)
                || piece.starts_with("--")
                || piece.starts_with("/*");
            if ended && !kept && piece != ";" {
                return Err(QueryError::Several { at });
            }
            ended |= piece == ";";
            if piece.starts_with(['?', '$', '@']) || piece == ":" {
                return Err(QueryError::Form { at });
            }
            let name = piece.strip_prefix(':').filter(|name| !name.starts_with(':'));
            let Some(name) = name else {
                sql.push_str(piece);
                continue;
            };
            let known = takes.iter().find(|it| ***it == *name).cloned();
            let once = || (changes && name == "once").then(|| Arc::from(name));
            let Some(name) = known.or_else(once) else {
                return Err(QueryError::Unknown { name: name.into(), at });
            };
            let number = params.iter().position(|it| *it == name).unwrap_or_else(|| {
                params.push(name);
                params.len() - 1
            });
            sql.push('?');
            sql.push_str(&(number + 1).to_string());
        }
        match takes.iter().find(|name| !params.contains(name)) {
            Some(unused) => Err(QueryError::Unused(Arc::clone(unused))),
            None => Ok(Self { sql: sql.into(), params, gives, changes }),
        }
    }
}

/// How long the piece is with which `rest` begins, in bytes: a quoted text or name, a comment, a parameter, a word, a
/// run of white space, or one character. `None` if it is not closed.
fn piece_length(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let run = |skip: usize, fits: fn(char) -> bool| {
        rest.chars()
            .take(skip)
            .chain(rest.chars().skip(skip).take_while(|it| fits(*it)))
            .map(char::len_utf8)
            .sum()
    };
    Some(match first {
        // A doubled quote within a quote reads as two quotes side by side, which comes to the same.
        '\'' | '"' | '`' => rest.get(1..)?.find(first)? + 2,
        '[' => rest.find(']')? + 1,
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => rest.get(2..)?.find("*/")? + 4,
        ':' if rest.starts_with("::") => 2, // a cast, as PostgreSQL writes it
        ':' | '?' | '$' | '@' => run(1, is_word),
        _ if first.is_whitespace() => run(0, char::is_whitespace),
        _ if is_word(first) => run(0, is_word),
        _ => first.len_utf8(),
    })
}

fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prepare(text: &str, takes: &[&str]) -> Result<Statement, QueryError> {
        let takes: Vec<_> = takes.iter().copied().map(Arc::from).collect();
        Statement::prepare(text, &takes, Vec::new(), false)
    }

    #[test]
    fn names_become_numbers_outside_of_quotes_and_comments_only() {
        #[rustfmt::skip]
        let table: [(&str, &[&str], &str); 9] = [
            ("select a from t where n = :n",                 &["n"],      "select a from t where n = ?1"),
            ("select :b, :a, :b",                            &["a", "b"], "select ?1, ?2, ?1"),
            ("select ':n', ':n''s', \":n\", `:n`, [:n], :n", &["n"],      "select ':n', ':n''s', \":n\", `:n`, [:n], ?1"),
            ("select :n -- not :m\n, 1",                     &["n"],      "select ?1 -- not :m\n, 1"),
            ("select :n /* nor\n:m */",                      &["n"],      "select ?1 /* nor\n:m */"),
            ("select '订单：:n', :单号",                      &["单号"],   "select '订单：:n', ?1"),
            ("select :n::text",                              &["n"],      "select ?1::text"),
            ("select :n; -- done\n ;",                       &["n"],      "select ?1; -- done\n ;"),
            ("select 1",                                     &[],         "select 1"),
        ];
        for (text, takes, wanted) in table {
            assert_eq!(&*prepare(text, takes).unwrap().sql, wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_bound_is_an_error_with_its_place() {
        use QueryError::{Form, Open, Several, Unknown, Unused};
        #[rustfmt::skip]
        let table: [(&str, &[&str], QueryError); 11] = [
            ("select :nummer",           &["number"], Unknown { name: "nummer".into(), at: 7 }),
            ("select :numbers",          &["number"], Unknown { name: "numbers".into(), at: 7 }),
            ("select ':number'",         &["number"], Unused("number".into())),
            ("select ?",                 &[],         Form { at: 7 }),
            ("select ?1",                &[],         Form { at: 7 }),
            ("select $n",                &[],         Form { at: 7 }),
            ("select @n",                &[],         Form { at: 7 }),
            ("select : n",               &["n"],      Form { at: 7 }),
            ("select 'a, :n",            &["n"],      Open { at: 7 }),
            ("select /* :n",             &["n"],      Open { at: 7 }),
            ("select :n; drop table t",  &["n"],      Several { at: 11 }),
        ];
        for (text, takes, wanted) in table {
            assert_eq!(prepare(text, takes).unwrap_err(), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_or_an_error(text in r#"([ -~]|[:'"/*;\n-]|[号。])*"#) {
            let _ = prepare(&text, &["n"]);
        }

        #[test]
        fn a_text_without_parameters_is_left_as_it_is(text in r#"[a-z0-9 ,.()=<>+*'"\n-]*"#) {
            if let Ok(query) = prepare(&text, &[]) {
                prop_assert_eq!(&*query.sql, text);
            }
        }
    }
}
