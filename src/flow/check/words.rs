//! Which keys the words of a menu name: 按1, 请按零, 按井号键; press 1, press one, press the star key.

use crate::secret::Key;

/// Each key named after a word for pressing, with the byte where that word begins.
pub(crate) fn keys_named(text: &str) -> Vec<(Key, usize)> {
    let mut named = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(behind) = press(rest) {
            read_keys(behind, at, &mut named);
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    named
}

/// What follows a word for pressing, if one stands here.
fn press(rest: &str) -> Option<&str> {
    if let Some(behind) = rest.strip_prefix('按') {
        return Some(behind.strip_prefix('下').unwrap_or(behind));
    }
    let word = rest.get(..5).filter(|it| it.eq_ignore_ascii_case("press"))?;
    rest.get(word.len()..).filter(|behind| behind.starts_with([' ', ',']))
}

/// Keys joined by 或, 、, `or`, `,`.
fn read_keys(mut rest: &str, at: usize, named: &mut Vec<(Key, usize)>) {
    while let Some((key, behind)) = read_key(rest) {
        named.push((key, at));
        let behind = behind.trim_start();
        let joints = ["号键", "键", "号", "key"];
        let behind = joints.iter().find_map(|it| behind.strip_prefix(it)).unwrap_or(behind);
        let behind = behind.trim_start();
        match ["或者", "或", "、", "or "].iter().find_map(|it| behind.strip_prefix(it)) {
            Some(next) => rest = next,
            None => return,
        }
    }
}

pub(super) fn read_key(rest: &str) -> Option<(Key, &str)> {
    const FILLERS: [&str; 6] = ["the ", "number ", "key ", "数字键", "数字", "键"];
    /// Longer ones first where one begins another.
    const NAMES: [(&str, char); 36] = [
        ("零", '0'),
        ("〇", '0'),
        ("一", '1'),
        ("幺", '1'),
        ("二", '2'),
        ("两", '2'),
        ("三", '3'),
        ("四", '4'),
        ("五", '5'),
        ("六", '6'),
        ("七", '7'),
        ("八", '8'),
        ("九", '9'),
        ("井", '#'),
        ("星", '*'),
        ("米字", '*'),
        ("#", '#'),
        ("*", '*'),
        ("＃", '#'),
        ("＊", '*'),
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("star", '*'),
        ("asterisk", '*'),
        ("pound", '#'),
        ("hash", '#'),
        ("oh", '0'),
        ("square", '#'),
    ];
    let mut rest = rest.trim_start_matches([' ', '“', '"', '\'', '「', ',']);
    while let Some(behind) = FILLERS.iter().find_map(|it| strip_word(rest, it)) {
        rest = behind.trim_start();
    }
    let first = rest.chars().next()?;
    let behind = rest.get(first.len_utf8()..)?;
    let figure = match first {
        '０'..='９' => char::from_digit(first as u32 - '０' as u32, 10),
        other => Some(other).filter(char::is_ascii_digit),
    };
    if let Some(figure) = figure {
        return Key::from_symbol(figure).map(|key| (key, behind));
    }
    let (name, symbol) = NAMES.iter().find(|(name, _)| {
        strip_word(rest, name).is_some_and(|behind| {
            // `one` in `once` and 一 in 按一下 or 按一会 name no key.
            let goes_on = behind.starts_with(|it: char| it.is_ascii_alphabetic());
            let once = *name == "一" && behind.starts_with(['下', '会', '次', '遍', '般']);
            !(once || name.is_ascii() && name.len() > 1 && goes_on)
        })
    })?;
    Key::from_symbol(*symbol).zip(strip_word(rest, name))
}

fn strip_word<'a>(rest: &'a str, word: &str) -> Option<&'a str> {
    let head = rest.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| rest.get(word.len()..)).flatten()
}

/// How many digits the words ask for: `eight digits`, `11-digit`, 八位. A single one, and the first or last few of more, ask
/// for no entry of that length.
pub(super) fn digits_named(text: &str) -> Vec<u32> {
    let mut named = Vec::new();
    for (at, _) in text.match_indices('位') {
        let (Some(before), Some(behind)) = (text.get(..at), text.get(at + '位'.len_utf8()..))
        else {
            continue;
        };
        let is_figure = |it: char| it.is_ascii_digit() || "一二两三四五六七八九十".contains(it);
        let head = before.trim_end_matches(is_figure);
        let people = behind.starts_with(['客', '顾', '人', '专', '坐']);
        if !people && !head.ends_with(['第', '前', '后', '末', '尾']) {
            named.extend(before.get(head.len()..).and_then(chinese_number));
        }
    }
    let words: Vec<String> = text
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    for (at, _) in
        words.iter().enumerate().filter(|(_, it)| matches!(it.as_str(), "digit" | "digits"))
    {
        let back =
            |steps: usize| at.checked_sub(steps).and_then(|it| words.get(it)).map(String::as_str);
        if !matches!(back(2), Some("first" | "last")) {
            named.extend(back(1).and_then(english_number));
        }
    }
    named.retain(|it| *it > 1);
    named
}

/// 八, 十一, 二十, 11.
fn chinese_number(text: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let Some((tens, ones)) = text.split_once('十') else { return chinese_figure(text) };
    let tens = if tens.is_empty() { 1 } else { chinese_figure(tens)? };
    let ones = if ones.is_empty() { 0 } else { chinese_figure(ones)? };
    Some(tens * 10 + ones)
}

fn chinese_figure(text: &str) -> Option<u32> {
    let mut letters = text.chars();
    let (only, None) = (letters.next()?, letters.next()) else { return None };
    if only == '两' {
        return Some(2);
    }
    let at = "一二三四五六七八九".chars().position(|it| it == only)?;
    u32::try_from(at + 1).ok()
}

/// `eight`, `eleven`, `8`.
fn english_number(word: &str) -> Option<u32> {
    const NUMBERS: [&str; 20] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    let named =
        || NUMBERS.iter().position(|it| *it == word).and_then(|at| u32::try_from(at + 1).ok());
    word.parse().ok().or_else(named)
}

#[cfg(test)]
mod tests {
    use super::{digits_named, keys_named};

    #[test]
    fn keys_are_known_by_their_names() {
        #[rustfmt::skip]
        let table = [
            ("查询订单请按1，退货请按二，人工服务请按零。", "120"),
            ("查余额按１，返回按星号键，结束按井号。",     "1*#"),
            ("按 3 号键或者 4 号键；请按下数字键五",        "345"),
            ("请按一下话机，稍等；按照提示操作",            ""),
            ("For your order press 1, for returns press two or 3.", "123"),
            ("To end, press the pound key. To go back, Press STAR.", "#*"),
            ("Press, one. Pressing matters; press once; press on", "1"),
            ("按",                                          ""),
            ("press",                                       ""),
            ("press \"9\" now",                             "9"),
        ];
        for (text, expected) in table {
            let named: String = keys_named(text).iter().map(|(key, _)| key.symbol()).collect();
            assert_eq!(named, expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_words_are_read(text in "(按|press |一|1|，|、|或|[a-z\u{4e00}-\u{4e10}０-９ ]){0,30}") {
            keys_named(&text);
        }
    }

    #[test]
    fn the_number_of_digits_is_heard_in_both_languages() {
        for (text, expected) in [
            ("请输入八位订单号，按井号键结束", &[8_u32][..]),
            ("请输入您的十一位手机号码", &[11]),
            ("请输入二十位卡号或18位证件号", &[20, 18]),
            ("请输入卡号的后四位，第二位客服会帮您", &[]),
            ("前面还有三位客户", &[]),
            ("Please enter the eight digits of your order number.", &[8]),
            ("Please enter your 11-digit number.", &[11]),
            ("Enter the last four digits, one digit at a time.", &[]),
        ] {
            assert_eq!(digits_named(text), expected, "{text}");
        }
    }
}
