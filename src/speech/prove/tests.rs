//! The oracle itself, and a sample of what it hears.

use super::*;
use crate::diagnostic::FileId;

/// A catalogue with a unit of its own.
fn catalogue(lang: &str, units: &str) -> Catalogue {
    let text = format!("language: {lang}\nprompts: {{ p: p }}\nunits: {{ gigabytes: {units} }}\n");
    let (catalogue, found) = Catalogue::parse(FileId::default(), &text);
    assert_eq!(found, []);
    catalogue.unwrap()
}

fn languages() -> [Catalogue; 2] {
    [catalogue("zh-CN", "个G"), catalogue("en-US", "{ one: gigabyte, many: gigabytes }")]
}

fn recordings(catalogue: &Catalogue) -> HashSet<Arc<str>> {
    catalogue.clips().into_iter().map(|it| it.clip).collect()
}

/// 4,000 values each way; `hotline say --prove` takes more.
#[track_caller]
fn sample(catalogue: &Catalogue) {
    let mut prover = Prover::new(catalogue, recordings(catalogue), 1);
    for _ in 0..WAYS * 4_000 {
        prover.prove_next().unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[test]
fn what_is_said_in_mandarin_is_heard_as_it_was_meant() {
    sample(&languages()[0]);
}

#[test]
fn what_is_said_in_english_is_heard_as_it_was_meant() {
    sample(&languages()[1]);
}

#[test]
fn a_piece_that_nobody_recorded_is_found() {
    for catalogue in &languages() {
        for missing in ["7", "point"] {
            let mut recorded = recordings(catalogue);
            assert!(recorded.remove(&*format!("{}/atoms/{missing}", catalogue.lang())));
            let mut prover = Prover::new(catalogue, recorded, 1);
            let found = (0..10_000).find_map(|_| prover.prove_next().err()).unwrap();
            assert!(found.why.ends_with(&format!("atoms/{missing} is not recorded")), "{found}");
        }
    }
}

/// What a listener of `tongue` understands of each text; `None` where nobody says it so.
#[track_caller]
fn check(tongue: Tongue, reader: Reader, table: &[(&str, Option<&str>)]) {
    for (words, expected) in table {
        let heard = match tongue {
            Tongue::Mandarin => zh::hear(reader, Some(("个G", "个G")), words),
            Tongue::English => en::hear(reader, Some(("gigabyte", "gigabytes")), words),
        };
        assert_eq!(heard.as_deref(), *expected, "{words}");
    }
}

#[test]
fn the_oracle_hears_mandarin_and_nothing_that_nobody_says() {
    let hears = |reader, table: &[(&str, Option<&str>)]| check(Tongue::Mandarin, reader, table);
    #[rustfmt::skip]
    hears(Reader::Number, &[
        ("零", Some("0")), ("十二", Some("12")), ("一十二", None), ("二十", Some("20")), ("两十", None), ("两", None), ("十十", None),
        ("一百一十五", Some("115")), ("一百十五", None), ("一百零五", Some("105")), ("一百五", None), ("一百零十", None), ("二百", None),
        ("两百零二", Some("202")), ("两百零两", None), ("一千零一", Some("1001")), ("一千零零一", None), ("一千一", None), ("一千零一十", Some("1010")),
        ("一万两千", Some("12000")), ("一万零两千", None), ("一万二千", None), ("二万", None), ("十万零一十五", Some("100015")), ("十万一十五", None),
        ("一百万一千", Some("1001000")), ("一百万零一千", None), ("一百万零一百", Some("1000100")), ("一千零一万", Some("10010000")),
        ("一亿零一万", Some("100010000")), ("一亿一万", None), ("一亿零两万", Some("100020000")), ("一亿零二万", None), ("一亿零五千", Some("100005000")),
        ("一万亿零五", Some("1000000000005")), ("一万零一亿", Some("1000100000000")), ("两亿", Some("200000000")), ("一万零二亿", Some("1000200000000")),
        ("负十五", Some("-15")), ("负零", None), ("负负一", None), ("一百零", None), ("", None), ("万", None), ("十亿两千万", Some("1020000000")),
    ]);
    #[rustfmt::skip]
    hears(Reader::Decimal, &[
        ("三点一四", Some("3.14")), ("零点零五", Some("0.05")), ("负零点五", Some("-0.5")), ("三点", None), ("三点五零", None), ("三点十四", None), ("点五", None),
    ]);
    hears(
        Reader::Counted,
        &[("两", Some("2")), ("二", None), ("十二", Some("12")), ("两百", Some("200"))],
    );
    hears(Reader::Ordinal, &[("二", Some("2")), ("两", None)]);
    #[rustfmt::skip]
    hears(Reader::Unit, &[
        ("两个G", Some("2")), ("二个G", None), ("一个G", Some("1")), ("二十个G", Some("20")), ("三点五个G", Some("3.5")), ("两点五个G", None), ("两", None),
    ]);
    #[rustfmt::skip]
    hears(Reader::Money, &[
        ("五十六元三角", Some("5630")), ("五元零五分", Some("505")), ("五元五分", None), ("两元二角", Some("220")), ("二元", None), ("两元两角", None),
        ("两角", Some("20")), ("两角二分", Some("22")), ("零元", Some("0")), ("零元五分", None), ("负零元", None), ("负五分", Some("-5")), ("元", None), ("", None),
    ]);
    #[rustfmt::skip]
    hears(Reader::Percent, &[
        ("百分之三点五", Some("3.5")), ("百分之百", Some("100")), ("百分之一百", None), ("百分之二", Some("2")), ("百分之两", None), ("负百分之十", Some("-10")),
        ("百分之负十", None), ("百分之一百一十", Some("110")), ("三点五", None),
    ]);
    hears(
        Reader::Digits,
        &[
            ("幺零零八六", Some("10086")),
            ("一零零八六", None),
            ("幺零零 八六零", Some("100860")),
            ("幺零零八六零", None),
        ],
    );
    hears(
        Reader::Phone,
        &[("幺三八 零零零零 零零零幺", Some("13800000001")), ("幺三八零 零零零 零零零幺", None)],
    );
    #[rustfmt::skip]
    hears(Reader::Date, &[
        ("十一月二十四日", Some("-11-24")), ("二零零五年二月十日", Some("2005-2-10")), ("十三月一日", None), ("一十月一日", None), ("两月一日", None),
    ]);
    #[rustfmt::skip]
    hears(Reader::Time, &[
        ("下午三点", Some("15:0")), ("上午八点半", Some("8:30")), ("上午八点三十分", None), ("凌晨两点零五分", Some("2:5")), ("凌晨二点", None), ("下午十五点", None),
        ("凌晨零点", Some("0:0")), ("早上三点", None), ("下午三点五分", None), ("中午十二点十分", Some("12:10")), ("三点", None),
    ]);
    #[rustfmt::skip]
    hears(Reader::Duration, &[
        ("两小时五分钟", Some("7500")), ("二小时", None), ("零秒", Some("0")), ("零分钟", None), ("一分钟九十秒", None), ("五分钟两小时", None), ("", None),
    ]);
}

#[test]
fn the_oracle_hears_english_and_nothing_that_nobody_says() {
    let hears = |reader, table: &[(&str, Option<&str>)]| check(Tongue::English, reader, table);
    #[rustfmt::skip]
    hears(Reader::Number, &[
        ("zero", Some("0")), ("one hundred two", Some("102")), ("one hundred and two", None), ("twenty-one", Some("21")), ("twenty one", None), ("twenty-ten", None),
        ("thirteen", Some("13")), ("six", Some("6")), ("sixty", Some("60")), ("one thousand one", Some("1001")), ("two million five", Some("2000005")),
        ("one thousand one million", None), ("one thousand two thousand", None), ("hundred", None), ("zero hundred", None), ("minus one", Some("-1")),
        ("minus zero", None), ("ten hundred", None), ("", None), ("one ", None), ("one million zero", None),
    ]);
    hears(
        Reader::Decimal,
        &[
            ("three point one four", Some("3.14")),
            ("three point fourteen", None),
            ("three point five zero", None),
            ("zero point zero five", Some("0.05")),
        ],
    );
    hears(
        Reader::Unit,
        &[
            ("one gigabyte", Some("1")),
            ("one gigabytes", None),
            ("minus one gigabyte", Some("-1")),
            ("zero gigabytes", Some("0")),
            ("one point five gigabytes", Some("1.5")),
        ],
    );
    hears(
        Reader::Money,
        &[
            ("fifty-six yuan and thirty fen", Some("5630")),
            ("five fen", Some("5")),
            ("zero yuan", Some("0")),
            ("zero yuan and five fen", None),
            ("minus zero yuan", None),
            ("five yuan", Some("500")),
        ],
    );
    hears(Reader::Percent, &[("three point five percent", Some("3.5")), ("three", None)]);
    hears(
        Reader::Digits,
        &[
            ("one zero zero, eight six zero", Some("100860")),
            ("one oh", None),
            ("star one pound", Some("*1#")),
        ],
    );
    #[rustfmt::skip]
    hears(Reader::Date, &[
        ("November twenty-fourth", Some("-11-24")), ("May twelfth twenty ten", Some("2010-5-12")), ("May twelfth nineteen oh five", Some("1905-5-12")),
        ("May twelfth two thousand five", Some("2005-5-12")), ("May twelfth twenty oh five", None), ("May twelfth nineteen hundred", Some("1900-5-12")),
        ("May twelfth one thousand nine hundred", None), ("May thirty-second", None), ("May thirtieth", Some("-5-30")), ("May twenty", None),
    ]);
    #[rustfmt::skip]
    hears(Reader::Time, &[
        ("three p.m.", Some("15:0")), ("three oh five p.m.", Some("15:5")), ("three five p.m.", None), ("noon", Some("12:0")), ("twelve p.m.", None),
        ("twelve thirty a.m.", Some("0:30")), ("midnight", Some("0:0")), ("nine thirty a.m.", Some("9:30")), ("thirteen p.m.", None), ("three", None),
    ]);
    hears(
        Reader::DateTime,
        &[
            ("May twelfth two thousand five at three p.m.", Some("2005-5-12 15:0")),
            ("May first at noon", Some("-5-1 12:0")),
        ],
    );
    hears(
        Reader::Duration,
        &[
            ("two hours five minutes", Some("7500")),
            ("one hours", None),
            ("one hour", Some("3600")),
            ("zero seconds", Some("0")),
            ("five minutes two hours", None),
            ("two hour", None),
        ],
    );
}

/// Two crates that nobody here wrote count too. Of Chinese the one knows 二 only, and 兆 from 10^12 on.
#[test]
fn other_peoples_numerals_are_ours() {
    let [mandarin, english] = &languages();
    let said = |catalogue: &Catalogue, number: u64| {
        let number = Value::Number(rust_decimal::Decimal::from(number));
        catalogue.say(&number, Reading::default(), TODAY).unwrap().text
    };
    let mut draw = Draw::new(2);
    let mut compared = 0;
    while compared < 20_000 {
        let Value::Number(number) = draw.value(Reader::Counted) else { unreachable!() };
        let number = u64::try_from(number.trunc().mantissa()).unwrap();
        if number >= 1_000_000_000_000 {
            continue;
        }
        compared += 1;
        let theirs = chinese_number::from_u64_to_chinese_ten_thousand(
            chinese_number::ChineseVariant::Simple,
            chinese_number::ChineseCase::Lower,
            number,
        );
        assert_eq!(said(mandarin, number).replace('两', "二"), theirs, "{number}");
        let plain = english_numbers::Formatting {
            title_case: false,
            spaces: true,
            conjunctions: false,
            commas: false,
            dashes: true,
        };
        let theirs = english_numbers::convert(i64::try_from(number).unwrap(), plain);
        assert_eq!(said(english, number), theirs, "{number}");
    }
}
