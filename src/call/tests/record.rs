//! The caller's context: its schema, and its short form in a header.

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::super::{
    Caller, Context, Field, FlowVersion, KnownCase, LookedUp, PastCall, VERSION, Verified, Visit,
    Wait,
};

const SCHEMA: &str = include_str!("../../../docs/context.schema.json");

/// A record in which every field is there.
fn full() -> Context {
    let text = |name: &str, value: &str| IndexMap::from([(name.into(), value.to_owned())]);
    let visit = |step: &str, at_ms| Visit { step: step.into(), at_ms };
    Context {
        version: VERSION,
        call: "c-20261124-0001".into(),
        started: "2026-11-24T07:00:00Z".parse().unwrap(),
        flow: FlowVersion { name: "shop".into(), version: "0123456789abcdef".into() },
        language: "zh-CN".into(),
        caller: Caller {
            number: Some("13800000001".into()),
            name: Some("王芳".into()),
            verified: Some(Verified { account: "13800000001".into(), how: "pin".into() }),
        },
        called: "4001".into(),
        reason: Some("order_not_found".into()),
        fields: vec![Field { label: text("zh-CN", "订单号"), value: "20260001".to_owned() }],
        path: vec![visit("welcome", 0), visit("main", 2_000), visit("agent", 9_000)],
        answers: text("order_number", "20260001"),
        lookups: IndexMap::from([(
            "order".into(),
            LookedUp { outcome: "found".to_owned(), found: text("status", "shipped") },
        )]),
        waits: vec![Wait {
            queue: "service".into(),
            took_ms: 31_000,
            outcome: "connected".to_owned(),
        }],
        open_cases: vec![KnownCase {
            number: "1000017".into(),
            kind: "complaint".into(),
            about: Some("late".into()),
            opened: "2026-11-23T07:00:00Z".parse().unwrap(),
            promised: "2026-11-26T07:00:00Z".parse().unwrap(),
        }],
        last_calls: vec![PastCall {
            call: "c-20261123-0001".into(),
            started: "2026-11-23T06:50:00Z".parse().unwrap(),
            called: "4001".into(),
            flow: "shop".into(),
            outcome: Some("completed".into()),
        }],
    }
}

/// As much of JSON Schema as ours uses; whatever it uses beyond that is a failure, not a pass.
fn check(schema: &Json, value: &Json, at: &str) {
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "format" => {}
            "const" => assert_eq!(value, rule, "{at}"),
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{at}: {value}"),
            "type" => assert!(
                match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    other => panic!("{at}: type {other}"),
                },
                "{at}: {value} is no {rule}"
            ),
            "items" => {
                for item in value.as_array().unwrap() {
                    check(rule, item, &format!("{at}[]"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{at} lacks {name}");
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(rule, value, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                for (name, value) in value.as_object().unwrap().iter().filter(|it| !known(it.0)) {
                    assert!(rule.is_object(), "{at}.{name} is not in the schema");
                    check(rule, value, &format!("{at}.{name}"));
                }
            }
            other => panic!("{at}: this test does not know `{other}`"),
        }
    }
}

#[test]
fn the_record_is_what_its_schema_says() {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    check(&schema, &serde_json::to_value(full()).unwrap(), "context");
    let bare = Context {
        caller: Caller { number: None, name: None, verified: None },
        reason: None,
        fields: Vec::new(),
        path: Vec::new(),
        answers: IndexMap::new(),
        lookups: IndexMap::new(),
        waits: Vec::new(),
        ..full()
    };
    check(&schema, &serde_json::to_value(bare).unwrap(), "context");
}

/// Everything that the schema offers is in the full record: nothing stands in it that never comes.
#[test]
fn the_schema_promises_nothing_that_never_comes() {
    fn all_there(schema: &Json, value: &Json, at: &str) {
        for (name, rule) in schema["properties"].as_object().into_iter().flatten() {
            let value = value.get(name).unwrap_or_else(|| panic!("{at}.{name} never comes"));
            all_there(rule, value, &format!("{at}.{name}"));
        }
        if let (Some(rule), Some(item)) = (schema.get("items"), value.get(0)) {
            all_there(rule, item, &format!("{at}[]"));
        }
        if let (Some(rule), Some(map)) = (schema.get("additionalProperties"), value.as_object())
            && rule.is_object()
        {
            all_there(rule, map.values().next().unwrap(), &format!("{at}.*"));
        }
    }
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    all_there(&schema, &serde_json::to_value(full()).unwrap(), "context");
}

#[test]
fn a_record_reads_back_as_it_was() {
    let json = serde_json::to_string(&full()).unwrap();
    assert_eq!(serde_json::from_str::<Context>(&json).unwrap(), full());
}

fn plain(uui: &str) -> String {
    String::from_utf8(hex::decode(uui).unwrap()).unwrap()
}

#[test]
fn user_to_user_keeps_what_matters_most() {
    // The limit in bytes of the header's value, twice those of the JSON.
    #[rustfmt::skip]
    let table = [
        (2_000, r#"{"v":1,"token":"t0k","from":"13800000001","why":"order_not_found","fields":{"订单号":"20260001"},"lang":"zh-CN","name":"王芳","call":"c-20261124-0001","answers":{"order_number":"20260001"},"path":["welcome","main","agent"]}"#),
        (  450, r#"{"v":1,"token":"t0k","from":"13800000001","why":"order_not_found","fields":{"订单号":"20260001"},"lang":"zh-CN","name":"王芳","call":"c-20261124-0001","answers":{"order_number":"20260001"},"path":["main","agent"]}"#),
        (  270, r#"{"v":1,"token":"t0k","from":"13800000001","why":"order_not_found","fields":{"订单号":"20260001"},"lang":"zh-CN","name":"王芳"}"#),
        (  150, r#"{"v":1,"token":"t0k","from":"13800000001","why":"order_not_found"}"#),
        (  128, r#"{"v":1,"token":"t0k","from":"13800000001"}"#), // what an ISDN trunk carries
        (   50, r#"{"v":1,"token":"t0k"}"#),
        (   14, r#"{"v":1}"#),
        (   13, ""),
    ];
    for (limit, expected) in table {
        let uui = full().to_uui("t0k", limit);
        assert!(uui.len() <= limit);
        assert_eq!(plain(&uui), expected, "{limit}");
    }
}

proptest! {
    #[test]
    fn user_to_user_is_valid_json_within_any_limit(
        limit in 0_usize..3_000,
        value in "\\PC{0,40}",
        steps in proptest::collection::vec("\\PC{0,12}", 0..40),
    ) {
        let mut context = full();
        context.fields[0].value = value;
        context.path =
            steps.iter().map(|step| Visit { step: step.as_str().into(), at_ms: 0 }).collect();
        let uui = context.to_uui("token", limit);
        prop_assert!(uui.len() <= limit);
        prop_assert_eq!(uui.is_empty(), limit < 14);
        if !uui.is_empty() {
            prop_assert_eq!(&serde_json::from_str::<Json>(&plain(&uui)).unwrap()["v"], VERSION);
        }
    }
}
