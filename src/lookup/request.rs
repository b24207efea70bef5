//! A question over HTTP: made once, at load; filled with values for each caller; its answer judged.
//!
//! Nothing here is sent: `http` does that.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value as Json;

use super::query::Column;
use super::{Failure, Outcome, json};
use crate::value::Value;

/// A question over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How it is asked.
    pub method: Method,
    /// Below the connector's address, beginning with `/`.
    pub path: Vec<Part>,
    /// What stands behind the `?`; empty: nothing does.
    pub query: Vec<Part>,
    /// The JSON that goes with it.
    pub send: Option<Vec<Part>>,
    /// What is read of the answer, each at its JSON pointer (RFC 6901).
    pub gives: Vec<(Column, Arc<str>)>,
    /// What an answer that found something has at a JSON pointer: this text; without one, anything but null and false.
    pub found_when: Option<(Arc<str>, Option<Arc<str>>)>,
    /// Whether it changes something: then it is sent once, and a lost answer is [`Outcome::Unknown`].
    pub changes: bool,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 9110 9.3, RFC 5789")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A piece of a path, a query or a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Raw(Arc<str>),
    /// A value: in a URL its words, percent-encoded; in a body the JSON that it is.
    Value(Arc<str>),
    /// The words of a value within a JSON text.
    Words(Arc<str>),
}

/// What a URL may have of a value as it stands: RFC 3986 2.3, unreserved characters.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The most bytes of a path with its query that are sent.
const LONGEST_PATH: usize = 4_096;
/// What a status line says of the system and not of the question.
const TOO_MANY_REQUESTS: u16 = 429;

/// The name under which a change's idempotency key comes with its values.
pub(super) const ONCE: &str = "once";

type Params = [(Arc<str>, Value)];

/// What a status says before a word of the body is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The body is the answer.
    Read,
    /// The body does not matter.
    Is(Outcome),
}

impl Request {
    /// Path and query with the values in place.
    ///
    /// # Errors
    /// [`Failure::NoParameter`]; [`Failure::Value`] where a value is empty or would lead elsewhere.
    pub(super) fn target(&self, params: &Params) -> Result<String, Failure> {
        let mut target = String::new();
        fill(&self.path, params, &mut target, encoded)?;
        // An empty number would ask for the list of all orders, `..` for what stands above them.
        for (at, segment) in target.split('/').enumerate().skip(1) {
            let is_own = self.path.iter().all(|it| matches!(it, Part::Raw(_)));
            let decoded = percent_decode_str(segment).collect::<Vec<u8>>();
            if !is_own
                && (segment.is_empty() && !self.is_written_empty(at)
                    || matches!(&*decoded, b"." | b".."))
            {
                return Err(Failure::Value);
            }
        }
        if !self.query.is_empty() {
            target.push('?');
            fill(&self.query, params, &mut target, encoded)?;
        }
        if target.len() > LONGEST_PATH { Err(Failure::Value) } else { Ok(target) }
    }

    /// Whether the segment with this number, from 1, is empty in the flow itself: `/orders/`.
    fn is_written_empty(&self, at: usize) -> bool {
        let shape = self.path.iter().map(|it| match it {
            Part::Raw(text) => &**text,
            Part::Value(_) | Part::Words(_) => "x",
        });
        shape.collect::<String>().split('/').nth(at).is_some_and(str::is_empty)
    }

    /// The body with the values in place.
    ///
    /// # Errors
    /// [`Failure::NoParameter`].
    pub(super) fn body(&self, params: &Params) -> Result<Option<String>, Failure> {
        let Some(parts) = &self.send else { return Ok(None) };
        let mut body = String::new();
        fill(parts, params, &mut body, json::json)?;
        Ok(Some(body))
    }

    /// The idempotency key of a change.
    ///
    /// # Errors
    /// [`Failure::NoParameter`] if it changes something and has none.
    pub(super) fn once<'a>(&self, params: &'a Params) -> Result<Option<&'a str>, Failure> {
        if !self.changes {
            return Ok(None);
        }
        match params.iter().find(|(name, _)| **name == *ONCE) {
            Some((_, Value::Text(key))) => Ok(Some(key)),
            Some(_) | None => Err(Failure::NoParameter),
        }
    }

    /// What a status means (RFC 9110 15).
    pub(super) fn verdict(&self, status: u16) -> Verdict {
        match status {
            200..=299 if self.gives.is_empty() && self.found_when.is_none() => {
                Verdict::Is(Outcome::Found(Vec::new()))
            }
            200..=299 => Verdict::Read,
            404 | 410 => Verdict::Is(Outcome::NotFound),
            // The system understood it and would not: nothing was done.
            400..=499 => Verdict::Is(Outcome::Failed(Failure::Status(status))),
            // 303 means that it was done, 500 that it was perhaps done: nobody knows.
            _ => Verdict::Is(self.doubtful(Failure::Status(status))),
        }
    }

    /// Reads the body of a good answer.
    pub(super) fn read(&self, body: &[u8]) -> Outcome {
        let Ok(answer) = serde_json::from_slice::<Json>(body) else {
            return self.doubtful(Failure::NotJson);
        };
        if let Some((at, is)) = &self.found_when
            && !has(answer.pointer(at), is.as_deref())
        {
            return Outcome::NotFound;
        }
        let mut row = Vec::with_capacity(self.gives.len());
        for (column, at) in &self.gives {
            let read = match answer.pointer(at) {
                None | Some(Json::Null) if column.optional => continue,
                None | Some(Json::Null) => Err(Failure::Answer),
                Some(there) => json::read(there, &column.kind),
            };
            match read {
                Ok(value) => row.push((Arc::clone(&column.name), value)),
                Err(failure) => {
                    let column = &*column.name;
                    tracing::warn!(
                        column,
                        "a lookup's field is missing or not of the declared type"
                    );
                    return self.doubtful(failure);
                }
            }
        }
        Outcome::Found(row)
    }

    /// A failure after something was handed over: of a change nobody knows whether it was made.
    pub(super) const fn doubtful(&self, failure: Failure) -> Outcome {
        if self.changes { Outcome::Unknown(failure) } else { Outcome::Failed(failure) }
    }
}

/// Whether a status says that the system itself is out of order.
pub(super) const fn is_out_of_order(status: u16) -> bool {
    status >= 500 || status == TOO_MANY_REQUESTS
}

/// Whether a content type is JSON (RFC 8259, RFC 6839 3.1).
pub(super) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn encoded(value: &Value) -> String {
    utf8_percent_encode(&json::words(value), &UNRESERVED).to_string()
}

fn fill(
    parts: &[Part],
    params: &Params,
    to: &mut String,
    written: fn(&Value) -> String,
) -> Result<(), Failure> {
    let value = |name: &Arc<str>| {
        let found = params.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value).ok_or(Failure::NoParameter)
    };
    for part in parts {
        match part {
            Part::Raw(text) => to.push_str(text),
            Part::Value(name) => to.push_str(&written(value(name)?)),
            Part::Words(name) => to.push_str(&json::inside(value(name)?)),
        }
    }
    Ok(())
}

fn has(there: Option<&Json>, is: Option<&str>) -> bool {
    match (there, is) {
        (None | Some(Json::Null | Json::Bool(false)), None) => false,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (Some(Json::String(there)), Some(is)) => there == is,
        (Some(there), Some(is)) => format!("{there}") == is,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn raw(text: &str) -> Part {
        Part::Raw(text.into())
    }

    fn value(name: &str) -> Part {
        Part::Value(name.into())
    }

    fn get(path: Vec<Part>, query: Vec<Part>) -> Request {
        let (gives, found_when, send) = (Vec::new(), None, None);
        Request { method: Method::Get, path, query, send, gives, found_when, changes: false }
    }

    fn given(text: &str) -> [(Arc<str>, Value); 1] {
        [("it".into(), Value::Text(text.into()))]
    }

    #[test]
    fn a_value_stays_within_its_place_in_a_url() {
        #[rustfmt::skip]
        let table = [
            ("20260001",        Ok("/orders/20260001/items")),
            ("a/../b?x=1#y",    Ok("/orders/a%2F..%2Fb%3Fx%3D1%23y/items")),
            ("50% 顺丰&+",       Ok("/orders/50%25%20%E9%A1%BA%E4%B8%B0%26%2B/items")),
            ("%2e%2e",          Ok("/orders/%252e%252e/items")),
            ("..",              Err(Failure::Value)),
            (".",               Err(Failure::Value)),
            ("",                Err(Failure::Value)),
        ];
        let request = get(vec![raw("/orders/"), value("it"), raw("/items")], vec![]);
        for (text, expected) in table {
            assert_eq!(
                request.target(&given(text)).as_deref(),
                expected.as_ref().copied(),
                "{text}"
            );
        }
        let request = get(vec![raw("/orders/")], vec![raw("n="), value("it"), raw("&v=2")]);
        for (text, expected) in [("a&b=c", "/orders/?n=a%26b%3Dc&v=2"), ("", "/orders/?n=&v=2")] {
            assert_eq!(request.target(&given(text)).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(request.target(&[]), Err(Failure::NoParameter));
        assert_eq!(request.target(&given(&"9".repeat(5_000))), Err(Failure::Value));
    }

    proptest::proptest! {
        /// Whatever callers key or systems answer: the segments and the parameters stay those of the flow.
        #[test]
        fn no_value_changes_the_shape_of_a_url(text in ".{0,40}") {
            let request = get(vec![raw("/a/"), value("it"), raw("/b")], vec![raw("x="), value("it"), raw("&y=1")]);
            if let Ok(target) = request.target(&given(&text)) {
                let url = url::Url::parse(&format!("http://h/base{target}")).unwrap();
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                proptest::prop_assert_eq!(segments.len(), 4);
                let decoded = percent_decode_str(segments[2]).decode_utf8().unwrap();
                proptest::prop_assert_eq!(&*decoded, &*text);
                let pairs: Vec<_> = url.query_pairs().collect();
                proptest::prop_assert_eq!(pairs.len(), 2);
                proptest::prop_assert_eq!(&*pairs[0].1, &*text);
            }
        }

        #[test]
        fn no_value_changes_the_shape_of_a_body(text in ".{0,40}") {
            let send = vec![raw("{\"a\":"), value("it"), raw(",\"b\":\"n "), Part::Words("it".into()), raw("\"}")];
            let request = Request { send: Some(send), ..get(vec![raw("/")], vec![]) };
            let body = request.body(&given(&text)).unwrap().unwrap();
            let json: Json = serde_json::from_str(&body).unwrap();
            proptest::prop_assert_eq!(json, serde_json::json!({ "a": text, "b": format!("n {text}") }));
        }
    }

    fn order(changes: bool) -> Request {
        let column = |name: &str, kind, optional| Column { name: name.into(), kind, optional };
        let status = Type::Choice(["paid".into(), "shipped".into()].into());
        Request {
            gives: vec![
                (column("status", status, false), "/order/status".into()),
                (column("total", Type::Money, false), "/order/sums/0".into()),
                (column("eta", Type::Date, true), "/eta".into()),
            ],
            found_when: Some(("/order".into(), None)),
            changes,
            ..get(vec![raw("/orders")], vec![])
        }
    }

    #[test]
    fn an_answer_is_read_at_its_pointers_or_is_a_failure_with_a_name() {
        let found = |names: &[(&str, &str)]| {
            let row = names.iter().map(|(name, text)| {
                let kind = match *name {
                    "status" => Type::Choice(["paid".into()].into()),
                    "total" => Type::Money,
                    _ => Type::Date,
                };
                ((*name).into(), kind.read(text).unwrap())
            });
            Outcome::Found(row.collect())
        };
        let bad = || Outcome::Failed(Failure::Answer);
        #[rustfmt::skip]
        let table = [
            (r#"{"order":{"status":"paid","sums":[56.3]},"eta":"2026-11-26"}"#, found(&[("status", "paid"), ("total", "56.30"), ("eta", "2026-11-26")])),
            (r#"{"order":{"status":"paid","sums":["56.30"]},"eta":null}"#,      found(&[("status", "paid"), ("total", "56.30")])),
            (r#"{"order":{"status":"paid","sums":[]}}"#,      bad()),
            (r#"{"order":{"status":"lost","sums":[1]}}"#,     bad()),
            (r#"{"order":{"status":null,"sums":[1]}}"#,       bad()),
            (r#"{"order":{"status":"paid","sums":[1]},"eta":"soon"}"#, bad()),
            (r#"{"order":[1]}"#,                              bad()),
            (r#"{"order":null}"#,                             Outcome::NotFound),
            (r#"{"order":false}"#,                            Outcome::NotFound),
            (r#"{}"#,                                         Outcome::NotFound),
            (r#"[]"#,                                         Outcome::NotFound),
            ("",                                              Outcome::Failed(Failure::NotJson)),
            ("<html>",                                        Outcome::Failed(Failure::NotJson)),
        ];
        for (body, expected) in table {
            assert_eq!(order(false).read(body.as_bytes()), expected, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(order(false).read(deep.as_bytes()), Outcome::Failed(Failure::NotJson));
        // A change whose answer cannot be read was perhaps made.
        assert_eq!(order(true).read(b"{\"order\":1}"), Outcome::Unknown(Failure::Answer));
        let code = Request {
            found_when: Some(("/code".into(), Some("0".into()))),
            gives: vec![],
            ..order(false)
        };
        for (body, expected) in [
            (r#"{"code":0}"#, Outcome::Found(vec![])),
            (r#"{"code":"0"}"#, Outcome::Found(vec![])),
            (r#"{"code":404}"#, Outcome::NotFound),
            (r#"{}"#, Outcome::NotFound),
        ] {
            assert_eq!(code.read(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_status_says_what_a_change_came_to() {
        use Failure::Status;
        use Outcome::{Failed, NotFound, Unknown};
        #[rustfmt::skip]
        let table = [
            (200, Verdict::Read,                       Verdict::Read),
            (201, Verdict::Read,                       Verdict::Read),
            (301, Verdict::Is(Failed(Status(301))),    Verdict::Is(Unknown(Status(301)))),
            (303, Verdict::Is(Failed(Status(303))),    Verdict::Is(Unknown(Status(303)))),
            (400, Verdict::Is(Failed(Status(400))),    Verdict::Is(Failed(Status(400)))),
            (401, Verdict::Is(Failed(Status(401))),    Verdict::Is(Failed(Status(401)))),
            (404, Verdict::Is(NotFound),               Verdict::Is(NotFound)),
            (409, Verdict::Is(Failed(Status(409))),    Verdict::Is(Failed(Status(409)))),
            (410, Verdict::Is(NotFound),               Verdict::Is(NotFound)),
            (429, Verdict::Is(Failed(Status(429))),    Verdict::Is(Failed(Status(429)))),
            (500, Verdict::Is(Failed(Status(500))),    Verdict::Is(Unknown(Status(500)))),
            (503, Verdict::Is(Failed(Status(503))),    Verdict::Is(Unknown(Status(503)))),
        ];
        for (status, asked, changed) in table {
            assert_eq!(order(false).verdict(status), asked, "{status}");
            assert_eq!(order(true).verdict(status), changed, "{status}");
        }
        let silent = Request { gives: vec![], found_when: None, ..order(true) };
        assert_eq!(silent.verdict(204), Verdict::Is(Outcome::Found(vec![])));
    }

    #[test]
    fn json_is_told_by_its_content_type() {
        for (kind, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/hal+json", true),
            ("text/html", false),
            ("text/json", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            assert_eq!(is_json(kind), expected, "{kind}");
        }
    }
}
