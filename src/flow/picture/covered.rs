//! Pictures coloured by what calls went through: one page for all flows of a run, which needs nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Picture;
use super::html::{Over, SCRIPT, STYLE, escaped, svg};

/// What calls went through, by the numbers of steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// How often they came to each step.
    pub steps: Vec<u64>,
    /// Between two steps: how many ways were gone, and how many there are.
    pub ways: BTreeMap<(usize, usize), (usize, usize)>,
}

impl Cover {
    pub(super) fn visits(&self, step: usize) -> u64 {
        self.steps.get(step).copied().unwrap_or_default()
    }

    pub(super) fn gone(&self, from: usize, to: usize) -> (usize, usize) {
        self.ways.get(&(from, to)).copied().unwrap_or_default()
    }
}

/// One flow on the page.
#[derive(Debug, Clone)]
pub struct Covered {
    /// The flow's file.
    pub name: String,
    /// Its picture and what was gone of it; none for a flow of too many steps to draw.
    pub picture: Option<(Picture, Cover)>,
    /// What stands under its name, a line each: how much was reached.
    pub shares: Vec<String>,
    /// The scenarios, and whether they passed.
    pub scenarios: Vec<(String, bool)>,
    /// The branches that no call went.
    pub missing: Vec<String>,
}

/// The whole page.
#[must_use]
pub fn covered_page(flows: &[Covered]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>hotline test</title>\n<style>{STYLE}{COVER}</style>\n\
         <h1>What the scenarios went through</h1>\n<p><span class=\"gone\">gone</span> <span class=\"partly\">some of its ways</span> \
         <span class=\"never\">never</span> Rest on a step to see its ways alone.</p>\n<nav>"
    );
    for (nth, flow) in flows.iter().enumerate() {
        // Writing into a `String` cannot fail.
        let _ = write!(out, "<a href=\"#f{nth}\">{}</a> ", escaped(&flow.name));
    }
    out.push_str("</nav>\n");
    for (nth, flow) in flows.iter().enumerate() {
        let _ = writeln!(out, "<section id=\"f{nth}\"><h2>{}</h2>", escaped(&flow.name));
        let shares: Vec<String> = flow.shares.iter().map(|it| escaped(it)).collect();
        let _ = writeln!(out, "<p>{}</p>", shares.join("<br>"));
        list(
            "Branches that nobody went",
            "missing",
            flow.missing.iter().map(|it| (it, "")),
            &mut out,
        );
        if let Some((picture, cover)) = &flow.picture {
            svg(picture, Over::Cover(cover), &mut out);
        }
        let scenarios = flow.scenarios.iter();
        let scenarios =
            scenarios.map(|(name, passed)| (name, if *passed { "ok" } else { "failed" }));
        list("Scenarios", "scenarios", scenarios, &mut out);
        out.push_str("</section>\n");
    }
    out.push_str("<script>");
    out.push_str(SCRIPT);
    out.push_str("</script>\n</html>\n");
    out
}

/// A list that can be folded up; none where it is empty.
fn list<'a>(
    title: &str,
    class: &str,
    items: impl ExactSizeIterator<Item = (&'a String, &'a str)>,
    out: &mut String,
) {
    if items.len() == 0 {
        return;
    }
    let _ = write!(
        out,
        "<details class=\"{class}\" open><summary>{title} ({})</summary><ul>",
        items.len()
    );
    for (item, class) in items {
        let _ = write!(out, "<li class=\"{class}\">{}</li>", escaped(item));
    }
    out.push_str("</ul></details>\n");
}

const COVER: &str = "
h2{font-size:1.1rem;margin:1.2rem 0 .3rem;border-top:1px solid var(--rule);padding-top:.8rem}
nav a{margin-right:1rem}a{color:var(--lit)}
details{margin:.4rem 0}ul{margin:.2rem 0;columns:24rem;font-size:13px}
li.failed{color:var(--bad);font-weight:600}li.ok::marker{color:var(--good)}
.missing li{color:var(--bad)}
p .gone{background:var(--good-box)}p .partly{background:var(--part-box)}p .never{background:var(--bad-box)}
.step.gone rect{fill:var(--good-box);stroke:var(--good)}
.step.never rect{fill:var(--bad-box);stroke:var(--bad);stroke-dasharray:5 3}
.way.gone path{stroke:var(--good);stroke-dasharray:none}
.way.gone path.head{fill:var(--good)}
.way.partly path{stroke:var(--part);stroke-width:2;stroke-dasharray:none}
.way.partly path.head{fill:var(--part)}
.way.never path{stroke:var(--bad);stroke-dasharray:5 3;stroke-opacity:1}
.way.never path.head{fill:var(--bad)}
.way.never text{fill:var(--bad)}
.way.far.never text{opacity:1}
.way.far.partly text{fill:var(--part)}
";
