//! HL0520 key-first: a menu says the key before what it is for, so callers must keep it in mind.

use super::study::Study;
use super::words::{keys_named, read_key};
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the menu's prompt, once whatever the languages.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Menu(menu) = &action.kind else { continue };
        let texts = study.prompt(&menu.prompt.value).iter();
        let mut texts = texts.filter_map(|(lang, facts)| Some((lang, facts.as_ref()?)));
        if let Some((lang, facts)) = texts.find(|(_, facts)| says_key_first(facts.text)) {
            let says = format!("in {lang} a key comes before what it is for");
            let help =
                "say what it is for, then the key: for sales, press 1; 查询请按一".to_owned();
            found.push(
                Diagnostic::hint("HL0520", menu.prompt.span, says)
                    .note(facts.span, "the words")
                    .help(help),
            );
        }
    }
}

/// Whether some clause begins with pressing a key and goes on with what for.
fn says_key_first(text: &str) -> bool {
    keys_named(text).into_iter().any(|(_, at)| {
        let (Some(before), Some(rest)) = (text.get(..at), text.get(at..)) else { return false };
        begins_a_clause(before) && goes_on(rest)
    })
}

const MARKS: [char; 15] =
    [',', '.', ';', ':', '!', '?', '，', '。', '；', '：', '！', '？', '、', '…', '\n'];

fn begins_a_clause(before: &str) -> bool {
    let mut before = before.trim_end();
    for polite in
        ["请直接", "请您", "请", "您可以", "可以", "Please", "please", "You can", "you can"]
    {
        before = before.strip_suffix(polite).unwrap_or(before).trim_end();
    }
    before.is_empty() || before.ends_with(MARKS)
}

/// Whether a purpose stands behind the keys in the same clause.
fn goes_on(rest: &str) -> bool {
    let pressed = ["按下", "按"].iter().find_map(|it| rest.strip_prefix(it));
    let Some((_, behind)) = read_key(pressed.or_else(|| rest.get(5..)).unwrap_or_default()) else {
        return false;
    };
    let behind = behind.trim_start();
    let joints = ["号键", "键", "号", "key"];
    let behind =
        joints.iter().find_map(|it| behind.strip_prefix(it)).unwrap_or(behind).trim_start();
    if pressed.is_some() {
        let other =
            behind.starts_with(MARKS) || behind.starts_with('或') || behind.starts_with('即');
        return !behind.is_empty() && !other;
    }
    let word = behind.split_whitespace().next().unwrap_or_default();
    ["for", "to", "if"].iter().any(|it| word.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_before_its_purpose_is_told_from_one_behind_it() {
        for (text, expected) in [
            ("Press 1 for sales, press 2 for service.", true),
            ("Welcome. Please press the star key to hear this again.", true),
            ("For sales, press 1. For service, press 2.", false),
            ("To end press 1, for an agent press 0.", false),
            ("For sales, press 1, or 2 if you are in a hurry.", false),
            ("按一查询订单，按二退货", true),
            ("欢迎致电。请按一查询订单", true),
            ("查询订单请按一，人工服务请按零", false),
            ("如需人工服务，请按零。", false),
            ("查询请按一或二，重听请按星号键", false),
            ("中文服务请按一。For English, press 9.", false),
        ] {
            assert_eq!(says_key_first(text), expected, "{text}");
        }
    }
}
