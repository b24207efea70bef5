//! What a folder without hotline.yaml gets before its first flow: a configuration that can be served, and words.

use std::path::{Path, PathBuf};

/// The number that the first flow answers.
const NUMBER: &str = "4001";

/// A configuration in which everything but the flow's name is the same for everybody.
fn config(flow: &str) -> String {
    format!(
        "# Made by `hotline new`. Paths are relative to this file; docs/operating.md says what else may stand here.\n\
         prompts: prompts # <language>/catalog.yaml and the recordings beside it\n\n\
         # Which flow answers which dialled number.\nnumbers:\n  {NUMBER}: flows/{flow}.yaml\n\n\
         # Where callers wait for a person.\nqueues:\n  service: {{}}\n\n\
         # Who answers them: phones that register with these passwords. One that begins with `demo-` is good on this\n\
         # machine only.\nagents:\n  8001: {{ name: Li Ming, work_number: \"1001\", queues: [service], password: demo-8001 }}\n\n\
         # Where a call waits whose own flow cannot go on.\nlast_resort: {{ queue: service }}\n"
    )
}

/// A catalogue: its folder, who reads it, and each prompt with its words.
type Words = (&'static str, &'static str, [(&'static str, &'static str); 6]);

/// The words that the server itself says.
const CATALOGUES: [Words; 2] = [
    (
        "en-US",
        "English",
        [
            ("no-input", "I did not get a key from you."),
            ("no-match", "Sorry, that is not one of the choices."),
            ("queue-position", "Callers waiting ahead of you, {queue.ahead}."),
            ("queue-next", "You are next. Please stay on the line."),
            ("queue-wait", "The estimated wait in minutes is {queue.minutes}."),
            ("apology", "We are sorry, something went wrong on our side."),
        ],
    ),
    (
        "zh-CN",
        "Mandarin",
        [
            ("no-input", "没有收到您的按键。"),
            ("no-match", "对不起，没有这个选项。"),
            ("queue-position", "您前面还有{queue.ahead}位客户在等待。"),
            ("queue-next", "您是下一位，请不要挂机。"),
            ("queue-wait", "预计还需要等待{queue.minutes}分钟。"),
            ("apology", "很抱歉，系统遇到了问题。"),
        ],
    ),
];

/// The files of a new house for a first flow, beside `config_path`.
pub(super) fn files(flow: &str, config_path: &Path) -> Vec<(PathBuf, String)> {
    let home = config_path.parent().unwrap_or(Path::new(""));
    let catalogues = CATALOGUES.iter().map(|(language, called, prompts)| {
        let lines = prompts.iter().map(|(name, words)| format!("  {name}: \"{words}\"\n"));
        let head =
            format!("# What callers hear in {called}.\nlanguage: {language}\n\nprompts:\n  # Said by the server itself.\n");
        let path = home.join("prompts").join(language).join("catalog.yaml");
        (path, head + &lines.collect::<String>())
    });
    std::iter::once((config_path.to_owned(), config(flow))).chain(catalogues).collect()
}
