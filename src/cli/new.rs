//! `hotline new`: a flow to start from, with its words in every language and a scenario file, all of it sound.

mod starter;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::diagnostic::text::render;
use crate::flow::is_kebab;
use crate::server::house::{Broken, Ground, Overrides};

/// Make a flow to start from, with its words and scenarios
///
/// Writes flows/NAME.yaml and flows/NAME.test.yaml beside hotline.yaml and adds the flow's prompts to the catalogue of
/// each language. Where there is no hotline.yaml yet, one is made that answers 4001 with this flow, with catalogues in
/// English and Mandarin. What is there already is never overwritten.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hotline new parcel && hotline check flows/parcel.yaml && hotline test flows/parcel.yaml"
)]
pub(super) struct NewArgs {
    /// What it is called: lower-case words joined by hyphens
    name: String,
    /// The configuration; the flow's folder stands beside it
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("`{0}` is no name for a flow: write lower-case words joined by hyphens")]
    Name(String),
    #[error("{}", .0.trim_end())]
    Broken(String),
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("hotline.yaml has no queue that a caller could wait in: add one under `queues`")]
    NoQueue,
    #[error("there is no catalogue in {}: a flow needs words", .0.display())]
    NoWords(PathBuf),
    #[error("{} has no block of `prompts:` with one prompt a line, to which more could be added", .0.display())]
    NoBlock(PathBuf),
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
}

pub(super) fn run(args: &NewArgs) -> ExitCode {
    let is_first = !args.config.exists();
    match make(&args.name, &args.config) {
        Ok(written) => {
            for path in written {
                eprintln!("wrote {}", path.display());
            }
            let name = &args.name;
            if !is_first {
                eprintln!("next: give a number to it under `numbers` in {}", args.config.display());
            }
            eprintln!("next: `hotline try flows/{name}.yaml` walks through it");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("hotline new: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The prompts of a new flow: the end of its name, Chinese words, words of any other language.
const WORDS: [(&str, &str, &str); 5] = [
    ("welcome", "您好，欢迎致电。", "Hello, and thank you for calling."),
    (
        "menu",
        "了解我们的服务请按一，人工服务请按零。",
        "To hear about us, press 1. To speak with a person, press 0.",
    ),
    ("about", "我们很快会在这里介绍我们的服务。", "We will tell you about our services here soon."),
    (
        "nobody",
        "很抱歉，现在没有人能接听您的电话，请稍后再拨。",
        "We are sorry, nobody can take your call now. Please call again later.",
    ),
    ("goodbye", "感谢您的来电，再见。", "Thank you for calling. Goodbye."),
];

/// Prompts that every flow needs and most catalogues have.
const COMMON: [(&str, &str, &str); 3] = [
    ("no-input", "没有收到您的按键。", "I did not get a key from you."),
    ("no-match", "对不起，没有这个选项。", "Sorry, that is not one of the choices."),
    ("apology", "很抱歉，系统遇到了问题。", "We are sorry, something went wrong on our side."),
];

/// Writes everything, or nothing; what was written.
fn make(name: &str, config: &Path) -> Result<Vec<PathBuf>, Refused> {
    if !is_kebab(name) {
        return Err(Refused::Name(name.to_owned()));
    }
    let mut written = Vec::new();
    if !config.exists() {
        for (path, text) in starter::files(name, config) {
            if !path.exists() {
                write(&path, &text)?;
                written.push(path);
            }
        }
    }
    let ground = Ground::read(config, &Overrides::default())
        .map_err(|Broken { sources, found }| Refused::Broken(render(&found, &sources, false)))?;
    let is_served = |queue: &str| {
        ground.config.agents.values().any(|it| it.queues.iter().any(|name| *name.value == *queue))
    };
    let queues = || ground.config.queues.keys();
    let queue = queues().find(|it| is_served(it)).or_else(|| queues().next());
    let queue = queue.ok_or(Refused::NoQueue)?;
    if ground.catalogues.is_empty() {
        return Err(Refused::NoWords(ground.config.prompts.clone()));
    }
    let folder = config.parent().unwrap_or(Path::new("")).join("flows");
    let mut files = Vec::new();
    for (lang, catalogue) in ground.catalogues.iter() {
        let path = ground.config.prompts.join(&**lang).join("catalog.yaml");
        let text = read(&path)?;
        let chinese = lang.starts_with("zh");
        let mut words: Vec<(String, &str)> = Vec::new();
        let own = WORDS.iter().map(|(end, zh, en)| (format!("{name}-{end}"), zh, en));
        let common = COMMON.iter().map(|(name, zh, en)| ((*name).to_owned(), zh, en));
        for (prompt, zh, en) in own.chain(common) {
            if catalogue.prompt(&prompt).is_none() {
                words.push((prompt, if chinese { zh } else { en }));
            }
        }
        let text =
            with_prompts(&text, name, &words).ok_or_else(|| Refused::NoBlock(path.clone()))?;
        files.push((path, text));
    }
    let languages: Vec<&str> = ground.catalogues.keys().map(|it| &**it).collect();
    for (path, text) in [
        (folder.join(format!("{name}.yaml")), flow(name, &languages, queue)),
        (folder.join(format!("{name}.test.yaml")), scenarios(name)),
    ] {
        if path.exists() {
            return Err(Refused::Exists(path));
        }
        files.push((path, text));
    }
    for (path, text) in files {
        write(&path, &text)?;
        if !written.contains(&path) {
            written.push(path);
        }
    }
    Ok(written)
}

/// Writes a file, and makes its folder first.
fn write(path: &Path, text: &str) -> Result<(), Refused> {
    let failed = |error| Refused::File { path: path.to_owned(), error };
    fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).map_err(failed)?;
    fs::write(path, text).map_err(|error| Refused::File { path: path.to_owned(), error })
}

fn read(path: &Path) -> Result<String, Refused> {
    fs::read_to_string(path).map_err(|error| Refused::File { path: path.to_owned(), error })
}

/// A catalogue with more prompts behind those that it has; nothing else of it changes.
fn with_prompts(text: &str, flow: &str, words: &[(String, &str)]) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().position(|it| it.trim_end() == "prompts:")?;
    let inside = lines.get(begin + 1..)?;
    let outside = |it: &&str| !it.is_empty() && !it.starts_with([' ', '#']);
    let length = inside.iter().position(outside).unwrap_or(inside.len());
    let inside = inside.get(..length)?;
    let last = inside.iter().rposition(|it| it.starts_with(' '))?;
    let first = inside.iter().find(|it| it.starts_with(' ') && !it.trim().starts_with('#'))?;
    let indent = " ".repeat(first.len() - first.trim_start().len());
    let mut more = vec![String::new(), format!("{indent}# The flow {flow}.")];
    more.extend(words.iter().map(|(name, words)| format!("{indent}{name}: \"{words}\"")));
    let behind = lines.split_off(begin + 2 + last);
    let all = lines
        .into_iter()
        .map(str::to_owned)
        .chain(more)
        .chain(behind.into_iter().map(str::to_owned));
    Some(all.collect::<Vec<_>>().join("\n") + "\n")
}

fn flow(name: &str, languages: &[&str], queue: &str) -> String {
    let languages = languages.join(", ");
    format!(
        "# A flow to start from. `hotline try flows/{name}.yaml` walks through it, `hotline check` finds mistakes,\n\
         # docs/flows.md and docs/design-flows/reference.md say what else may stand here.\n\
         flow: {name}\ntitle: {name}\nlanguages: [{languages}]\nstart: welcome\n\nsteps:\n  welcome:\n    - play: {name}-welcome\n    \
         - goto: main\n\n  main:\n    - menu: {name}-menu\n      keys: {{ 1: about, 0: agent }}\n      \
         otherwise: agent\n\n  about:\n    - play: {name}-about\n    - goto: main\n\n  agent:\n    - queue: {queue}\n      \
         because: asked_for_one\n      max_wait: 10m\n      otherwise: nobody\n\n  nobody:\n    - play: {name}-nobody\n    \
         - hangup: {name}-goodbye\n"
    )
}

fn scenarios(name: &str) -> String {
    format!(
        "# What callers of the flow {name} live through: `hotline test flows/{name}.yaml` plays it in no time,\n\
         # docs/scenarios.md says what else may stand here.\nscenarios:\n  \
         a caller hears about us and, with nobody there, a goodbye:\n    agents: none\n    talk:\n      \
         - hears: [{name}-welcome, {name}-menu]\n      - keys: \"1\"\n      - hears: [{name}-about, {name}-menu]\n      \
         - keys: \"0\"\n      - hears: [{name}-nobody, {name}-goodbye]\n      - ends: completed\n\n  \
         who presses nothing waits for a person and may hang up:\n    agents: busy\n    talk:\n      \
         - hears: {name}-welcome\n      - reaches: agent\n      - hangs_up\n      - ends: caller_left\n"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::call::Mark;
    use crate::sim::{Scenarios, Stage, run as play};

    /// The demo's house without its recordings.
    fn house() -> tempfile::TempDir {
        let own = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let house = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let to = house.path().join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(own(path), to).unwrap();
        };
        for path in ["hotline.yaml", "prompts/zh-CN/catalog.yaml", "prompts/en-US/catalog.yaml"] {
            put(path);
        }
        house
    }

    #[test]
    fn what_is_made_has_no_finding_and_its_scenarios_pass() {
        let house = house();
        let config = house.path().join("hotline.yaml");
        let written = make("new-parcel", &config).unwrap();
        assert_eq!(written.len(), 4, "{written:?}");
        let mut ground = Ground::read(&config, &Overrides::default()).unwrap();
        let known = ground.found.len();
        let flow = ground.read_flow(&house.path().join("flows/new-parcel.yaml"));
        let found = ground.found.split_off(known);
        assert!(found.is_empty(), "{}", render(&found, &ground.sources, false));
        let flow = flow.unwrap();
        let text = fs::read_to_string(house.path().join("flows/new-parcel.test.yaml")).unwrap();
        let file = ground.sources.add("new-parcel.test.yaml", text.as_str());
        let (scenarios, found) = Scenarios::parse(file, &text, &flow);
        assert!(found.is_empty(), "{}", render(&found, &ground.sources, false));
        let stage = Stage {
            flow: Arc::clone(&flow),
            catalogues: Arc::clone(&ground.catalogues),
            calendars: Arc::new(ground.config.calendars.clone()),
            lengths: Arc::new(|_: &str| None),
        };
        let mut reached = std::collections::BTreeSet::new();
        for scenario in scenarios.unwrap().scenarios {
            let outcome = play(&stage, &scenario);
            assert_eq!(outcome.failure, None, "{}", scenario.name.value);
            reached.extend(outcome.marks.iter().filter_map(|it| match it {
                Mark::Did { step, .. } | Mark::Went { step, .. } => Some(*step),
                Mark::Returned { .. } => None,
            }));
        }
        assert_eq!(reached.len(), flow.steps.len(), "{reached:?}");
    }

    #[test]
    fn an_empty_folder_becomes_a_house_that_can_be_served_and_a_second_flow_fits_in() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("hotline.yaml");
        let written = make("clinic", &config).unwrap();
        assert_eq!(written.len(), 5, "{written:?}");
        make("second", &config).unwrap();
        let ground = Ground::read(&config, &Overrides::default()).unwrap();
        assert!(ground.found.is_empty(), "{}", render(&ground.found, &ground.sources, false));
        for name in ["clinic", "second"] {
            let mut ground = Ground::read(&config, &Overrides::default()).unwrap();
            ground.read_flow(&folder.path().join(format!("flows/{name}.yaml")));
            assert!(ground.found.is_empty(), "{}", render(&ground.found, &ground.sources, false));
        }
        let served = crate::server::house::load(&config, &Overrides::default());
        assert!(served.is_ok(), "it cannot be served");
    }

    #[test]
    fn a_wrong_name_leaves_an_empty_folder_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            make("My Clinic", &folder.path().join("hotline.yaml")),
            Err(Refused::Name(_))
        ));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_overwritten_and_a_second_flow_adds_only_its_own_words() {
        let house = house();
        let config = house.path().join("hotline.yaml");
        let words = house.path().join("prompts/zh-CN/catalog.yaml");
        let before = fs::read_to_string(&words).unwrap();
        make("one", &config).unwrap();
        assert!(matches!(make("one", &config), Err(Refused::Exists(_))));
        let after = fs::read_to_string(&words).unwrap();
        make("two", &config).unwrap();
        let lines =
            |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert!(lines(&after).is_superset(&lines(&before)), "a line was lost");
        assert_eq!(after.matches("one-menu").count(), 1);
        assert_eq!(fs::read_to_string(&words).unwrap().matches("no-input:").count(), 1);
        for name in ["One", "a_b", "", "../x"] {
            assert!(matches!(make(name, &config), Err(Refused::Name(_))), "{name}");
        }
    }
}
