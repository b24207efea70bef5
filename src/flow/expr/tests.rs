//! Expressions as designers meet them: what is read, refused, proven and worked out.

use std::sync::Arc;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{EvalError, Expr, ExprKind, Fault, Operator};
use crate::diagnostic::{Diagnostic, Sources, Span, text::render};
use crate::value::{Type, Value};

fn read(text: &str) -> Result<Expr, Diagnostic> {
    Expr::parse(text, Span::new(Sources::default().add("e", text), 0, text.len()))
}

fn scope(name: &str) -> Option<(Type, bool)> {
    let words: Arc<[Arc<str>]> = ["paid".into(), "shipped".into(), "in transit".into()].into();
    let kind = match name {
        "order.status" => Type::Choice(words),
        "order.total" | "paid_so_far" => Type::Money,
        "order.eta" | "today" => Type::Date,
        "order_number" => Type::Digits,
        "caller.number" => Type::Phone,
        "order.carrier" => Type::Text,
        "now" => Type::Time,
        "tries" | "count" => Type::Number,
        "loan.rate" => Type::Percent,
        "waited" => Type::Duration,
        "vip" => Type::YesNo,
        "order.at" => Type::DateTime,
        "pin" => Type::Secret,
        _ => return None,
    };
    Some((kind, false))
}

fn variables(name: &str) -> Option<Value> {
    let (kind, _) = scope(name)?;
    let text = match name {
        "order.status" => "shipped",
        "order.total" => "56.30",
        "loan.rate" => "3.5",
        "paid_so_far" => "20",
        "order.eta" => return None,
        "today" => "2026-11-24",
        "order_number" => "20260001",
        "caller.number" => "13800000001",
        "order.carrier" => "顺丰",
        "now" => "18:30",
        "tries" => "2",
        "count" => "0",
        "waited" => "1m 30s",
        "vip" => "yes",
        "order.at" => "2026-11-24 15:00",
        _ => "4711",
    };
    kind.read(text).ok()
}

#[test]
fn what_is_written_is_grouped_as_people_read_it() {
    #[rustfmt::skip]
    let table = [
        ("a or b and not c == d",          "a or b and not c == d"),
        ("(a or b) and (not c) == d",      "(a or b) and (not c) == d"),
        ("1+2*3-4",                        "1 + 2 * 3 - 4"),
        ("1-(2-3)",                        "1 - (2 - 3)"),
        ("-(a+b)*c",                       "-(a + b) * c"),
        ("if a then b else if c then d else e", "if a then b else if c then d else e"),
        ("(if a then 1 else 2) + 3",       "(if a then 1 else 2) + 3"),
        ("1 + if a then 1 else 2",         "1 + (if a then 1 else 2)"),
        ("known( order.eta )",             "known(order.eta)"),
        ("'it''s'",                        "!"),
        (r#"'顺"丰'"#,                      r#""顺\"丰""#),
        ("order.eta < 2026-11-24",         "order.eta < 2026-11-24"),
        ("now >= 18:00",                   "now >= 18:00:00"),
        ("waited > 90s",                   "waited > 1m30s"),
        ("12.50",                          "12.50"),
    ];
    for (text, expected) in table {
        let shown = read(text).map_or_else(|_| "!".to_owned(), |it| it.to_string());
        assert_eq!(shown, expected, "{text}");
    }
}

/// `says @ what it points at; help`
fn refused(text: &str) -> String {
    let wrong = read(text).unwrap_err();
    let at = text.get(wrong.span.start as usize..wrong.span.end as usize).unwrap();
    format!("{} @ {at}; {}", wrong.says, wrong.help.unwrap_or_default())
}

#[test]
fn what_cannot_be_read_says_what_to_write() {
    let texts = [
        "",
        "a ==",
        "a = b",
        "a < b < c",
        "a b",
        "(a",
        "a)",
        "if a then b",
        "if a",
        "known a",
        "known(yes)",
        "5x",
        "2026-02-30",
        "\"abc",
        "a && b",
        "== 3",
        "foo(1)",
        "a then b",
        "{order.eta}",
        "and",
    ];
    let said: Vec<_> = texts.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    nothing is written here @ ; write what to work out: `order.status == shipped`
    a value is missing after `==` @ ==; a value belongs there: a name, a number, a text in quotes, yes or no
    `=` means nothing here @ =; write `==` to compare
    one comparison cannot follow another @ <; compare two values at a time: `a < b and b < c`
    `b` does not fit here @ b; between two values stands one of `and or == != < <= > >= + - * /`
    this parenthesis is never closed @ (; add a `)`
    `)` does not fit here @ ); it closes no parenthesis: remove it
    this `if` has no `else` @ if; write `if a then b else c`
    this `if` has no `then` @ if; write `if a then b else c`
    `known` asks for a name in parentheses @ known; write `known(order.eta)`
    `known` asks for a name in parentheses @ known; write `known(order.eta)`
    `5x` is no number, date, time or length of time @ 5x; write 12.50, 3.5%, 2026-11-24, 18:00, 1m30s, or put a text in quotes
    `2026-02-30` is no number, date, time or length of time @ 2026-02-30; write 12.50, 3.5%, 2026-11-24, 18:00, 1m30s, or put a text in quotes
    this quoted text never ends, or has a `\` before a letter @ "abc; close it with the same quote; inside it write `\\` for a backslash
    `&` means nothing here @ &; write `and`
    a value is missing before `==` @ ==; a value belongs here: a name, a number, a text in quotes, yes or no
    `(` does not fit here @ (; only `known(name)` is called like this
    `then` does not fit here @ then; it belongs to an `if` that is missing
    `{` means nothing here @ {; braces stand only in prompts: write the bare name
    a value is missing before `and` @ and; a value belongs here: a name, a number, a text in quotes, yes or no
    "#);
}

#[test]
fn nothing_written_is_too_deep_or_too_long() {
    for text in
        ["(".repeat(5_000), "-".repeat(5_000) + "1", "1+".repeat(5_000) + "1", "not ".repeat(900)]
    {
        assert_eq!(read(&text).unwrap_err().code, "HL0301");
    }
    assert!(read(&("1+".repeat(90) + "1")).is_ok());
}

fn faults(text: &str) -> String {
    let mut found = Vec::new();
    let kind = read(text).unwrap().check(&scope, &mut found);
    let said: Vec<_> = found
        .into_iter()
        .map(|fault| match fault {
            Fault::Unknown(name, _) => format!("unknown {name}"),
            Fault::Misfit { code, span, says, help } => format!(
                "{code} {says} @ {}; {}",
                &text[span.start as usize..span.end as usize],
                help.unwrap_or_default()
            ),
        })
        .collect();
    if said.is_empty() { format!("{}", kind.unwrap()) } else { said.join(" | ") }
}

#[test]
fn what_fits_gives_a_type() {
    #[rustfmt::skip]
    let table = [
        ("order.status == shipped",                 "yes/no"),
        ("shipped == order.status",                 "yes/no"),
        ("order.status == \"in transit\"",          "yes/no"),
        ("order.total > 100",                       "yes/no"),
        ("order.total - paid_so_far",               "money"),
        ("order.total + 5",                         "money"),
        ("order.total * 2",                         "money"),
        ("2 * order.total / 3",                     "money"),
        ("-order.total",                            "money"),
        ("order.total > -0.5",                      "yes/no"),
        ("if vip then 5 else 1",                    "number"),
        ("loan.rate > 3.5",                         "yes/no"),
        ("loan.rate >= 3.5% and loan.rate < \"7%\"", "yes/no"),
        ("loan.rate + 0.5",                         "percent"),
        ("loan.rate / 12 - -1%",                    "percent"),
        ("order.total * loan.rate",                 "money"),
        ("5% * tries",                              "number"),
        ("waited * 10%",                            "duration"),
        ("if vip then loan.rate else 0",            "percent"),
        ("if vip then order.total else 0",          "money"),
        ("order.eta <= today + 2d",                 "date"),
        ("order.at + 2h",                           "datetime"),
        ("now >= 18:00 and now < \"20:30\"",        "yes/no"),
        ("order_number == \"0012\"",                "yes/no"),
        ("order_number != caller.number",           "yes/no"),
        ("caller.number == \"13800000001\"",        "yes/no"),
        ("known(order.eta) and order.eta > today",  "yes/no"),
        ("waited * 2 > 3m",                         "yes/no"),
        ("tries + 1",                               "number"),
        ("pin",                                     "secret"),
        ("vip == yes",                              "yes/no"),
    ];
    for (text, expected) in table {
        let expected = if text.contains("<= today") { "yes/no" } else { expected };
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn what_does_not_fit_says_what_to_do() {
    let texts = [
        "order.status == shiped",
        "order.status == lost",
        "order.status == \"gone\"",
        "order.carrier == SF",
        "order.total > tries",
        "order.total > 0.001",
        "order.total == \"cheap\"",
        "order_number > 100",
        "order_number == 20260001",
        "order.carrier < \"b\"",
        "tries and vip",
        "not tries",
        "vip < no",
        "vip == 1",
        "order.carrier + \"!\"",
        "order.total * paid_so_far",
        "today - order.eta",
        "today + 1",
        "today == order.at",
        "-today",
        "order_number + 1",
        "if vip then 1 else \"a\"",
        "pin == \"4711\"",
        "pin + 1",
        "nobody > 1",
        "known(nobody)",
        "order.nothing == 1 and nobody",
    ];
    let said: Vec<_> = texts.iter().map(|text| faults(text)).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    HL0303 `shiped` is none of the words that it is compared with @ shiped; did you mean `shipped`?
    HL0303 `lost` is none of the words that it is compared with @ lost; its words are paid, shipped, in transit
    HL0303 `gone` is none of the words that it is compared with @ "gone"; its words are paid, shipped, in transit
    HL0302 `SF` is not a variable, and texts stand in quotes @ SF; write `"SF"`
    HL0302 money cannot be compared with a number @ order.total > tries; let the lookup give both as money, or compare the money with an amount such as `12.50`
    HL0302 money cannot be compared with a number @ order.total > 0.001; let the lookup give both as money, or compare the money with an amount such as `12.50`
    HL0302 money cannot be compared with a text @ order.total == "cheap"; compare money with `12.50`
    HL0304 digits has no size: `>` does not compare it @ order_number > 100; compare it with `==` or `!=`; what is to be compared by size must be a number, money, date, time or duration where it is asked for or looked up
    HL0302 digits cannot be compared with a number @ 20260001; put it in quotes: `"20260001"`
    HL0304 a text has no size: `<` does not compare it @ order.carrier < "b"; compare it with `==` or `!=`; what is to be compared by size must be a number, money, date, time or duration where it is asked for or looked up
    HL0302 `and` needs yes or no, and this is a number @ tries; compare it with something
    HL0302 `not` needs yes or no, and this is a number @ tries; compare it with something
    HL0302 `<` does not compare yes or no @ vip < no; compare it with `==` or `!=`
    HL0302 yes or no cannot be compared with a number @ vip == 1; what is yes or no needs no comparison: write it alone, or `not` before it
    HL0302 `+` cannot take a text and a text @ order.carrier + "!"; texts are joined by a prompt, not here
    HL0302 `*` cannot take money and money @ order.total * paid_so_far; money is multiplied and divided by a number
    HL0302 `-` cannot take a date and a date @ today - order.eta; compare the two, or take days from one: `today - 14d`
    HL0302 `+` cannot take a date and a number @ today + 1; a date takes a length of time: `today + 14d`
    HL0302 a date cannot be compared with a date with a time @ today == order.at; let the lookup give both as `date`
    HL0302 `-` needs a number, money or a percentage, and this is a date @ today; remove the `-`
    HL0302 `+` cannot take digits and a number @ order_number + 1; figures that are counted with must be `number` where they are asked for or looked up
    HL0302 `then` gives a number and `else` gives a text @ "a"; let both give the same kind of value
    HL0603 a secret cannot be compared or computed with @ pin; hand it to a lookup, and let the database compare it
    HL0603 a secret cannot be compared or computed with @ pin; hand it to a lookup, and let the database compare it
    unknown nobody
    unknown nobody
    unknown order.nothing | unknown nobody
    "#);
}

#[test]
fn what_is_worked_out_comes_to_the_cent() {
    #[rustfmt::skip]
    let table = [
        ("order.status == shipped",                "yes"),
        ("paid == order.status",                   "no"),
        ("order.status == \"shipped\"",            "yes"),
        ("order.total > 56.2",                     "yes"),
        ("order.total - paid_so_far",              "36.30"),
        ("order.total * 0.5",                      "28.15"),
        ("order.total / 3",                        "18.77"),
        ("order.total * 0.05",                     "2.82"),
        ("order.total + 5",                        "61.30"),
        ("loan.rate",                              "3.5%"),
        ("loan.rate > 3.49",                       "yes"),
        ("loan.rate == 3.50%",                     "yes"),
        ("loan.rate / 2 + 1%",                     "2.75%"),
        ("-loan.rate < 0",                         "yes"),
        ("order.total * loan.rate",                "1.97"),
        ("10% * (tries + 50)",                     "5.2"),
        ("waited * 10%",                           "9s"),
        ("1 / 3 * 3 < 1",                          "yes"),
        ("if vip then 5 else 1",                   "5"),
        ("(if vip then 0 else order.total) + order.total", "56.30"),
        ("if known(order.eta) then order.total else 0", "0.00"),
        ("today + 14d",                            "2026-12-08"),
        ("today - 25h",                            "2026-11-23"),
        ("order.at + 10h",                         "2026-11-25T01:00:00"),
        ("today == \"2026-11-24\"",                "yes"),
        ("now >= 18:00 and now < 20:00",           "yes"),
        ("caller.number == \"13800000001\"",       "yes"),
        ("order_number == \"20260001\"",           "yes"),
        ("known(order.eta) and order.eta > today", "no"),
        ("not known(order.eta) or order.eta > today", "yes"),
        ("waited * 2 + 1s",                        "3m 1s"),
        ("waited / 3",                             "30s"),
        ("order.carrier == \"顺丰\"",               "yes"),
        ("tries * -1",                             "-2"),
        ("order.eta",                              "`order.eta` is not set"),
        ("1 / 0",                                  "division by zero"),
        ("order.total / count",                    "division by zero"),
        ("99999999999999999999 * 99999999999999999999", "the result is out of range"),
        ("order.total * 9999999999999999999",      "the result is out of range"),
        ("waited - 2m",                            "the result is out of range"),
        ("today + 99999999d",                      "the result is out of range"),
        ("vip + 1",                                "the values do not fit each other"),
        ("pin == \"4711\"",                        "the values do not fit each other"),
    ];
    for (text, expected) in table {
        let mut expr = read(text).unwrap();
        expr.settle(&scope, None);
        let shown = match expr.evaluate(&variables) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }
    assert_eq!(read("a").unwrap().evaluate(&|_| None), Err(EvalError::Unset("a".into())));
}

#[test]
fn a_word_is_pointed_at_inside_its_scalar() {
    let text = "a: order.status == \"x\"\nb: 'x = \"y\"'\nc: \"x \\x3d y\"\nd: [1]\n";
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text);
    let tree = crate::yaml::parse(file, text).0.unwrap();
    let found: Vec<_> =
        tree.entries().iter().filter_map(|(_, node)| Expr::from_node(node).err()).collect();
    insta::assert_snapshot!(render(&found, &sources, false), @r#"
    error[HL0301]: `=` means nothing here
     --> a.yaml:2:7
      |
    2 | b: 'x = "y"'
      |       ^
      |
      = help: write `==` to compare

    error[HL0301]: `=` means nothing here
     --> a.yaml:3:4
      |
    3 | c: "x \x3d y"
      |    ^^^^^^^^^^
      |
      = help: write `==` to compare

    error[HL0107]: an expression must be a text, not a list
     --> a.yaml:4:4
      |
    4 | d: [1]
      |    ^
      |
      = help: write it on one line: `order.status == shipped`
    "#);
}

/// The tree without its places.
fn bare(expr: Expr) -> Expr {
    let boxed = |it: Box<Expr>| Box::new(bare(*it));
    let kind = match expr.kind {
        kind @ (ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Known(_)) => kind,
        ExprKind::Not(it) => ExprKind::Not(boxed(it)),
        ExprKind::Negate(it) => ExprKind::Negate(boxed(it)),
        ExprKind::Binary(operator, a, b) => ExprKind::Binary(operator, boxed(a), boxed(b)),
        ExprKind::If(a, b, c) => ExprKind::If(boxed(a), boxed(b), boxed(c)),
    };
    Expr { kind, span: Span::default() }
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let whole = |kind| Expr { kind, span: Span::default() };
    let names = || {
        let names = ["a", "b_2", "order.status", "tries", "已付款", "vip", "order.total", "today"];
        prop::sample::select(names.to_vec())
    };
    let leaf = prop_oneof![
        (0_i64..1_000_000, 0_u32..4)
            .prop_map(|(n, scale)| ExprKind::Literal(Value::Number(Decimal::new(n, scale)))),
        (0_i64..100_000, 0_u32..3)
            .prop_map(|(n, scale)| ExprKind::Literal(Value::Percent(Decimal::new(n, scale)))),
        "[ -~\n\u{4e00}-\u{4e10}]{0,6}".prop_map(|it| ExprKind::Literal(Value::Text(it.into()))),
        any::<bool>().prop_map(|it| ExprKind::Literal(Value::YesNo(it))),
        (0_u64..100_000_000).prop_map(|ms| {
            ExprKind::Literal(Value::Duration(std::time::Duration::from_millis(ms)))
        }),
        names().prop_map(|it| ExprKind::Name(it.into())),
        names().prop_map(|it| ExprKind::Known(it.into())),
        (0_i8..24, 0_i8..60)
            .prop_map(|(h, m)| { ExprKind::Literal(Value::Time(jiff::civil::time(h, m, 0, 0))) }),
        (1_i16..9_999, 1_i8..13)
            .prop_map(|(y, m)| { ExprKind::Literal(Value::Date(jiff::civil::date(y, m, 28))) }),
    ]
    .prop_map(whole);
    let operators = [
        Operator::Or,
        Operator::And,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
    ];
    leaf.prop_recursive(5, 60, 3, move |inner| {
        let operator = prop::sample::select(operators.to_vec());
        prop_oneof![
            inner.clone().prop_map(|it| ExprKind::Not(Box::new(it))),
            inner.clone().prop_map(|it| ExprKind::Negate(Box::new(it))),
            (operator, inner.clone(), inner.clone()).prop_map(|(it, a, b)| ExprKind::Binary(
                it,
                Box::new(a),
                Box::new(b)
            )),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| ExprKind::If(
                Box::new(a),
                Box::new(b),
                Box::new(c)
            )),
        ]
        .prop_map(whole)
    })
}

proptest! {
    #[test]
    fn a_printed_expression_reads_as_itself(expr in any_expr()) {
        let text = expr.to_string();
        let read = read(&text).map(bare);
        prop_assert_eq!(read.as_ref(), Ok(&expr), "{}", text);
    }

    #[test]
    fn any_text_is_an_expression_or_is_refused_in_place(text in "[ -~\u{4e00}-\u{4e10}\\\\'\"]{0,60}") {
        if let Err(wrong) = read(&text) {
            prop_assert!(text.get(wrong.span.start as usize..wrong.span.end as usize).is_some());
        }
    }

    #[test]
    fn what_check_passes_never_misfits(expr in any_expr()) {
        let mut found = Vec::new();
        let kind = expr.check(&scope, &mut found);
        let mut settled = expr.clone();
        settled.settle(&scope, None);
        let value = settled.evaluate(&variables);
        prop_assert_eq!(kind.is_some() || !found.is_empty(), true);
        if found.is_empty() {
            prop_assert_ne!(value, Err(EvalError::Misfit), "{}", expr);
        }
    }
}
