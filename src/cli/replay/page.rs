//! What came of replayed calls as one page, which needs no other file and no network.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{DIFFERENT, Line, contained, elsewhere};
use crate::sim::Rerun;
use crate::time::Mono;
use crate::value;

/// The whole page.
pub(super) fn write(lines: &[Line], says: &[String], flow: Option<&Path>) -> String {
    let title = flow.map_or_else(String::new, |it| format!(" on {}", it.display()));
    let title = escaped(&format!("Calls replayed{title}"));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n"
    );
    // Writing to a String cannot fail.
    for line in says {
        let _ = writeln!(out, "<p>{}</p>", escaped(line));
    }
    let _ = writeln!(out, "<p>{}</p>", escaped(&versions(lines)));
    if flow.is_some() {
        bars(lines, &mut out);
        groups(lines, &mut out);
    }
    calls(lines, &mut out);
    let _ = writeln!(out, "<script>{SCRIPT}</script></body></html>");
    out
}

/// Which versions the calls ran.
fn versions(lines: &[Line]) -> String {
    let mut versions: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for Line { call, .. } in lines {
        *versions.entry((&call.flow, &call.flow_version)).or_default() += 1;
    }
    let mut versions: Vec<_> = versions.into_iter().collect();
    versions.sort_by_key(|(version, count)| (std::cmp::Reverse(*count), *version));
    let short = |version: &str| version.chars().take(8).collect::<String>();
    let words = versions
        .into_iter()
        .map(|((flow, version), count)| format!("{count} of {flow} {}", short(version)));
    format!("Versions that they ran: {}.", words.collect::<Vec<_>>().join(", "))
}

/// How many ended without a person, then and now.
fn bars(lines: &[Line], out: &mut String) {
    let (then, now, known) = contained(lines);
    if known == 0 {
        return;
    }
    out.push_str("<table class=\"bars\"><caption>Ended without a person</caption><tbody>\n");
    for (when, count) in [("then", then), ("now", now)] {
        let percent = 100 * count / known;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<tr><th>{when}</th><td><div class=\"bar\"><div style=\"width:{percent}%\"></div></div></td>\
             <td>{count} of {known} ({percent} %)</td></tr>"
        );
    }
    out.push_str("</tbody></table>\n");
}

/// Where calls would go, from where to what, the most frequent first.
fn groups(lines: &[Line], out: &mut String) {
    let mut groups: BTreeMap<[&str; 3], usize> = BTreeMap::new();
    for rerun in lines.iter().filter_map(|it| it.edited.as_ref()) {
        if let Some(ends) = ends(rerun) {
            *groups.entry(ends).or_default() += 1;
        }
    }
    if groups.is_empty() {
        out.push_str("<p>No call would go elsewhere.</p>\n");
        return;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(ends, count)| (std::cmp::Reverse(*count), *ends));
    out.push_str(
        "<table class=\"groups\"><caption>Where calls would go elsewhere</caption><thead><tr><th>Calls</th><th>After</th>\
         <th>Then</th><th>Now</th></tr></thead><tbody>\n",
    );
    for (ends, count) in groups {
        let [after, then, now] = ends.map(escaped);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<tr><td>{count}</td><td>{after}</td><td>{then}</td><td><button type=\"button\" \
             data-filter=\"after {after}: {now} instead of {then}\">{now}</button></td></tr>"
        );
    }
    out.push_str("</tbody></table>\n");
}

/// After what, to where then and now.
fn ends(rerun: &Rerun) -> Option<[&str; 3]> {
    let other = rerun.other.as_ref()?;
    let after = other.after.as_deref().unwrap_or("the beginning");
    let [then, now] = [&other.then, &other.now].map(|it| it.as_deref().unwrap_or("the end"));
    Some([after, then, now])
}

fn calls(lines: &[Line], out: &mut String) {
    out.push_str(
        "<p><label>Only calls with <input id=\"filter\" type=\"search\" placeholder=\"a step, a flow, an id\"></label> \
         <span id=\"count\"></span></p>\n<table class=\"calls\"><caption>Calls</caption><thead><tr><th>Call</th><th>Began</th>\
         <th>Flow</th><th>On its own flow</th><th>On the edited flow</th></tr></thead><tbody>\n",
    );
    for line in lines {
        let Line { call, own, edited, journey } = line;
        let class = match edited {
            _ if *own == DIFFERENT => "bad",
            Some(it) if it.other.is_some() => "other",
            Some(it) if it.stop.is_some() || !it.reused.is_empty() => "part",
            Some(_) | None => "same",
        };
        let began = call.started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let words = edited.as_ref().map(elsewhere).unwrap_or_default();
        let cells = [&*call.id, &began, &*call.flow, own, &words];
        let cells = cells.map(|it| format!("<td>{}</td>", escaped(it))).concat();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<tr class=\"{class}\">{cells}</tr>");
        let now = edited.as_ref().filter(|it| it.other.is_some() || it.stop.is_some());
        if !journey.is_empty() {
            out.push_str("<tr class=\"journey\"><td colspan=\"5\"><details><summary>What the caller went through</summary><div>");
            transcript(now.map(|_| "Then"), journey, out);
            if let Some(now) = now {
                transcript(Some("Now"), &now.journey, out);
            }
            out.push_str("</div></details></td></tr>\n");
        }
    }
    out.push_str("</tbody></table>\n");
}

fn transcript(title: Option<&str>, journey: &[Value], out: &mut String) {
    let moment = |entry: &Value| entry.get("at").and_then(Value::as_u64).map(Mono::from_micros);
    let began = journey.first().and_then(moment).unwrap_or_default();
    out.push_str("<pre>");
    // Writing to a String cannot fail.
    if let Some(title) = title {
        let _ = writeln!(out, "<b>{title}</b>");
    }
    for entry in journey {
        let tenths = moment(entry).unwrap_or(began).since(began).as_millis() / 100;
        let words = escaped(&words(entry));
        let _ = writeln!(out, "{:>4}.{}s  {words}", tenths / 10, tenths % 10);
    }
    out.push_str("</pre>");
}

/// One entry of a journey, in words.
fn words(entry: &Value) -> String {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
    let seconds = || entry.get("took_ms").and_then(Value::as_u64).unwrap_or_default() / 1_000;
    match text("what") {
        "step" => format!("step {}", text("step")),
        "heard" => format!("  hears {}", text("text")),
        "interrupted" => "  (stopped)".to_owned(),
        "chose" => format!("  key {} leads to {}", text("key"), text("step")),
        "keyed" => format!("  keyed {} = {}", text("name"), shown(entry.get("value"))),
        "silence" => format!("  silence at {}", text("prompt")),
        "wrong" => format!("  wrong at {}", text("prompt")),
        "looked_up" => {
            let with = entry.get("with").and_then(Value::as_object);
            let with = with.into_iter().flatten();
            let with = with.map(|(name, value)| format!("{name} = {}", shown(Some(value))));
            let with = with.collect::<Vec<_>>().join(", ");
            format!("  lookup {} ({with}): {}", text("lookup"), text("outcome"))
        }
        "queued" => format!("  waits in queue {}", text("queue")),
        "waited" => format!("  waited {} s: {}", seconds(), text("outcome")),
        "connected" => "  talks to an agent".to_owned(),
        "transferring" => format!("  transfer to {}", text("to")),
        "ended" => format!("ended: {}", text("ending")),
        what => {
            let rest = entry.as_object().into_iter().flatten();
            let rest = rest.filter(|(name, _)| !matches!(name.as_str(), "what" | "at"));
            let rest = rest.map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!(" {name} {value}")
            });
            format!("  {what}{}", rest.collect::<String>())
        }
    }
}

/// A stored value as people read it; a secret is stars already.
fn shown(stored: Option<&Value>) -> String {
    let value = stored.cloned().map(serde_json::from_value::<value::Value>);
    value.and_then(Result::ok).map_or_else(|| "?".to_owned(), |it| it.to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#d0d7de;--other:#fff3cd;--part:#eef3f8;--bad:#ffe3e0;
--bar:#3b6ea5;--track:#e4e7eb;--well:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--paper:#12161b;--ink:#e6eaf0;--soft:#a7b1bd;--rule:#39424c;--other:#463813;--part:#1b2530;
--bad:#4a1f1c;--bar:#6fa3dc;--track:#2a323b;--well:#1a2027}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;background:var(--paper);color:var(--ink)}
h1{font-size:1.4rem}p{margin:.3rem 0}caption{text-align:left;font-weight:700;padding:.4rem 0}
table{border-collapse:collapse;margin:1rem 0}.calls{width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem .4rem;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-weight:600}
.calls td:nth-child(-n+2){white-space:nowrap}
tr.other td{background:var(--other)}tr.part td{background:var(--part)}tr.bad td{background:var(--bad)}
tr.journey td{padding:0 .4rem .3rem}details summary{color:var(--soft);cursor:pointer;font-size:.85rem}
details div{display:flex;flex-wrap:wrap;gap:1rem}
pre{flex:1 1 24rem;margin:.3rem 0;padding:.5rem;background:var(--well);overflow-x:auto;white-space:pre-wrap;font-size:.8rem}
.bar{width:24rem;max-width:50vw;height:1rem;background:var(--track);border-radius:3px}
.bar div{height:100%;background:var(--bar);border-radius:3px}.bars td,.bars th{border:0}
input{font:inherit;padding:.2rem .5rem;min-width:18rem;border:1px solid var(--rule);border-radius:4px;background:var(--paper);color:var(--ink)}
button{font:inherit;border:0;padding:0;background:none;color:var(--bar);text-decoration:underline;cursor:pointer}
#count{color:var(--soft)}
";

/// Shows only the calls whose line has what was typed, or what a line of the table above stands for.
const SCRIPT: &str = "
const filter=document.getElementById('filter'),count=document.getElementById('count');
const rows=[...document.querySelectorAll('.calls tbody tr:not(.journey)')];
const show=()=>{
  const wanted=filter.value.trim().toLowerCase();
  let shown=0;
  for(const row of rows){
    const hide=wanted!==''&&!row.textContent.toLowerCase().includes(wanted);
    row.hidden=hide;if(!hide)shown++;
    const next=row.nextElementSibling;
    if(next&&next.classList.contains('journey'))next.hidden=hide}
  count.textContent=wanted===''?'':`${shown} of ${rows.length}`};
filter.addEventListener('input',show);
for(const it of document.querySelectorAll('[data-filter]'))it.addEventListener('click',()=>{
  filter.value=it.dataset.filter;show();filter.scrollIntoView({block:'start'})});
";
