//! One page with the picture as SVG, which needs no other file and no network.

use std::fmt::Write as _;

use super::layout::{Layout, Point, Route, Size, far, place_parts};
use super::traffic::percent;
use super::{Arrow, Cover, Picture, Role, StepBox, Traffic};

/// What calls did, drawn over a picture.
#[derive(Clone, Copy)]
pub(super) enum Over<'a> {
    Nothing,
    Cover(&'a Cover),
    Traffic(&'a Traffic),
}

pub(super) fn write(picture: &Picture, traffic: Option<&Traffic>) -> String {
    let title = escaped(&picture.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<p>{} steps. <span class=\"start\">calls begin</span> <span class=\"person\">to a person</span> \
         <span class=\"ends\">calls end</span> Rest on a step to read its words and to see its ways alone; a way that is only named leads to its step by a click.</p>\n",
        picture.boxes.len()
    );
    if let Some(traffic) = traffic {
        for note in traffic.notes(picture) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "<p>{}</p>", escaped(&note));
        }
        legend(traffic, &mut out);
    }
    svg(picture, traffic.map_or(Over::Nothing, Over::Traffic), &mut out);
    if let Some(traffic) = traffic {
        traffic.table(picture, &mut out);
    }
    out.push_str("<script>");
    out.push_str(SCRIPT);
    out.push_str("</script>\n</html>\n");
    out
}

/// What widths and colours mean.
fn legend(traffic: &Traffic, out: &mut String) {
    out.push_str("<p class=\"legend\">Share of all calls that went a way: ");
    for part in [1, 10, 50, 100] {
        let calls = (traffic.calls * part).div_ceil(100);
        let width = traffic.width(super::Walked { calls, times: calls });
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<svg width=\"34\" height=\"14\"><path d=\"M2 7H32\" style=\"stroke-width:{width:.1}\"/></svg> {part} % "
        );
    }
    out.push_str("<svg width=\"34\" height=\"14\"><path class=\"never\" d=\"M2 7H32\"/></svg> nobody<br>Share of a step’s calls that hung up in it: ");
    for part in [0, 10, 25, 50] {
        let more = if part == 50 { " and more" } else { "" };
        let _ = write!(
            out,
            "<b class=\"heat\" style=\"--heat:{}%\">{}{more}</b> ",
            part * 2,
            percent(part, 100)
        );
    }
    out.push_str("</p>\n");
}

/// The picture itself; with what calls went through, if that is given.
pub(super) fn svg(picture: &Picture, over: Over<'_>, out: &mut String) {
    let start = picture.boxes.iter().position(|it| it.role == Role::Start).unwrap_or_default();
    let pairs: Vec<_> = picture.arrows.iter().map(|it| (it.from, it.to)).collect();
    let far = far(picture.boxes.len(), &pairs, start);
    let (named, drawn): (Vec<_>, Vec<_>) =
        picture.arrows.iter().zip(far).partition(|(_, is_far)| *is_far);
    let drawn: Vec<&Arrow> = drawn.into_iter().map(|(arrow, _)| arrow).collect();
    let name = |at: usize| picture.boxes.get(at).map_or("", |it| &*it.name);
    let boxes = picture.boxes.iter().enumerate().map(|(at, step)| Shown {
        step,
        at,
        lines: shown(step, at, over),
        far: named
            .iter()
            .filter(|(arrow, _)| arrow.from == at)
            .map(|(arrow, _)| (*arrow, format!("{} → {}", label(arrow, over), name(arrow.to))))
            .collect(),
    });
    let boxes: Vec<Shown<'_>> = boxes.collect();
    let sizes: Vec<Size> = boxes.iter().map(Shown::size).collect();
    let labels: Vec<String> = drawn.iter().map(|it| label(it, over)).collect();
    let arrows: Vec<_> = drawn
        .iter()
        .zip(&labels)
        .map(|(it, label)| (it.from, it.to, if label.is_empty() { 0.0 } else { width(label) }))
        .collect();
    let layout = place_parts(&sizes, &arrows, start);
    let (wide, high) = layout.size;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<div class=\"picture\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" \
         viewBox=\"0 0 {wide:.0} {high:.0}\">"
    );
    ways(picture, &layout, (&drawn, &labels), over, out);
    for ((it, at), size) in boxes.iter().zip(&layout.boxes).zip(&sizes) {
        draw(picture, it, (*at, *size), over, out);
    }
    out.push_str("</svg></div>\n");
}

/// A box as it is shown.
struct Shown<'a> {
    step: &'a StepBox,
    at: usize,
    lines: Vec<String>,
    /// The ways that are only named, with their words.
    far: Vec<(&'a Arrow, String)>,
}

impl Shown<'_> {
    fn size(&self) -> Size {
        let lines = self.lines.iter().chain(self.far.iter().map(|(_, words)| words));
        let wide = lines.map(|it| width(it)).fold(width(&self.step.name) * 1.15, f64::max);
        let count = self.lines.len() + self.far.len();
        (wide + PAD * 2.0, LINE * (count as f64 + 1.0) + PAD)
    }
}

/// What is said and shown of a way: its class, what stands on hover, how wide it is.
fn way(picture: &Picture, arrow: &Arrow, over: Over<'_>) -> (&'static str, String, f64) {
    let name = |at: usize| picture.boxes.get(at).map_or("", |it| &*it.name);
    let occasion = if arrow.label.is_empty() { "always" } else { &arrow.label };
    let told = format!("{} → {}: {occasion}", name(arrow.from), name(arrow.to));
    match over {
        Over::Nothing => ("", told, LINE_WIDTH),
        Over::Cover(cover) => {
            let (taken, all) = cover.gone(arrow.from, arrow.to);
            let class = if taken == 0 {
                " never"
            } else if taken < all {
                " partly"
            } else {
                " gone"
            };
            (class, format!("{told} ({taken} of {all} ways gone)"), LINE_WIDTH)
        }
        Over::Traffic(traffic) => {
            let walked = traffic.way(arrow);
            let class = if walked.calls == 0 { " never" } else { " walked" };
            let told = format!("{told}\n{}", traffic.told_way(arrow));
            (class, told, traffic.width(walked))
        }
    }
}

fn ways(
    picture: &Picture,
    layout: &Layout,
    (arrows, labels): (&[&Arrow], &[String]),
    over: Over<'_>,
    out: &mut String,
) {
    let name = |at: usize| picture.boxes.get(at).map(|it| escaped(&it.name)).unwrap_or_default();
    for ((arrow, route), label) in arrows.iter().zip(&layout.routes).zip(labels) {
        let back = if route.back { " back" } else { "" };
        let (class, told, wide) = way(picture, arrow, over);
        let (from, to) = (name(arrow.from), name(arrow.to));
        let head = 5.0 + wide * 0.9;
        let (path, tip) = line_and_head(arrow, route, head);
        let _ = write!(
            out,
            "<g class=\"way{back}{class}\" data-from=\"{from}\" data-to=\"{to}\"><title>{}</title>\
             <path d=\"{path}\" style=\"--width:{wide:.1}px\"/><path class=\"head\" d=\"{tip}\"/>",
            escaped(&told)
        );
        if !label.is_empty() {
            let (x, y) = route.label;
            let y = y + 4.0;
            let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(label));
        }
        out.push_str("</g>\n");
    }
}

/// An arrow's line, which ends where its head begins, and its head.
fn line_and_head(arrow: &Arrow, route: &Route, head: f64) -> (String, String) {
    let mut points = route.points.clone();
    let half = head / 2.0;
    let Some((x, y)) = points.last_mut() else { return (String::new(), String::new()) };
    let (to_x, to_y) = (*x, *y);
    if arrow.from == arrow.to {
        *x += head;
        let back = to_x + head;
        let tip = format!("M{to_x:.1} {to_y:.1}L{back:.1} {:.1}V{:.1}z", to_y - half, to_y + half);
        return (straight(&points), tip);
    }
    *y += if route.back { head } else { -head };
    let back = *y;
    let tip = format!("M{to_x:.1} {to_y:.1}L{:.1} {back:.1}H{:.1}z", to_x - half, to_x + half);
    (curve(&points), tip)
}

/// What stands on an arrow.
fn label(arrow: &Arrow, over: Over<'_>) -> String {
    match over {
        Over::Nothing | Over::Cover(_) => shortened(&arrow.label, MOST_LETTERS),
        Over::Traffic(traffic) => {
            let label = shortened(&arrow.label, MOST_LETTERS / 2);
            traffic.label(&Arrow { label, ..arrow.clone() })
        }
    }
}

fn draw(
    picture: &Picture,
    it: &Shown<'_>,
    ((x, y), (wide, high)): (Point, Size),
    over: Over<'_>,
    out: &mut String,
) {
    let Shown { step, at, lines, far } = it;
    let at = *at;
    let class = match step.role {
        Role::Start => "step start",
        Role::Person => "step person",
        Role::End => "step ends",
        Role::Unreached => "step unreached",
        Role::Between => "step",
    };
    let (gone, told, heat) = match over {
        Over::Nothing => ("", Vec::new(), None),
        Over::Cover(cover) => {
            let visits = cover.visits(at);
            let class = if visits == 0 { " never" } else { " gone" };
            (class, vec![format!("came to {visits} times")], None)
        }
        Over::Traffic(traffic) => {
            let class = if traffic.step(at).calls == 0 { " never" } else { "" };
            let heat = traffic.heat(at);
            (class, traffic.told(at), Some(heat * 100.0).filter(|it| *it > 0.0))
        }
    };
    let (left, top) = (x - wide / 2.0, y - high / 2.0);
    let name = escaped(&step.name);
    let mut hover = vec![name.clone()];
    hover.extend(told.iter().map(|it| escaped(it)));
    hover.extend(step.lines.iter().map(|it| escaped(it)));
    hover.extend(
        step.words.iter().map(|(prompt, lang, text)| escaped(&format!("{lang} {prompt}: {text}"))),
    );
    let (hot, style) = heat
        .map_or_else(Default::default, |heat| (" hot", format!(" style=\"--heat:{heat:.0}%\"")));
    let _ = write!(
        out,
        "<g class=\"{class}{gone}{hot}\" data-step=\"{name}\"{style}><title>{}</title>\
         <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" rx=\"{}\"/>\
         <text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\">{name}</text>",
        hover.join("\n"),
        if step.role == Role::Start { 16 } else { 4 },
        top + LINE,
    );
    let counted = usize::from(matches!(over, Over::Traffic(_)));
    for (nth, line) in lines.iter().enumerate() {
        let y = top + LINE * (nth as f64 + 2.0);
        let class = if nth < counted { " class=\"count\"" } else { "" };
        let _ = write!(
            out,
            "<text{class} x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            left + PAD,
            escaped(line)
        );
    }
    out.push_str("</g>\n");
    for (nth, (arrow, words)) in far.iter().enumerate() {
        let (class, told, _) = way(picture, arrow, over);
        let y = top + LINE * ((lines.len() + nth) as f64 + 2.0);
        let to = picture.boxes.get(arrow.to).map(|it| escaped(&it.name)).unwrap_or_default();
        let _ = writeln!(
            out,
            "<g class=\"way far{class}\" data-from=\"{name}\" data-to=\"{to}\"><title>{}</title>\
             <text x=\"{:.1}\" y=\"{y:.1}\">{}</text></g>",
            escaped(&told),
            left + PAD,
            escaped(words)
        );
    }
}

/// The lines in a box: few and short, the rest is on hover.
fn shown(step: &StepBox, at: usize, over: Over<'_>) -> Vec<String> {
    let counted = match over {
        Over::Nothing | Over::Cover(_) => None,
        Over::Traffic(traffic) => Some(traffic.line(at)),
    };
    let most = if step.lines.len() > MOST_LINES { MOST_LINES - 1 } else { MOST_LINES };
    let does = step.lines.iter().take(most).map(|it| shortened(it, MOST_LETTERS));
    let mut lines: Vec<_> = counted.into_iter().chain(does).collect();
    if step.lines.len() > most {
        lines.push(format!("… {} more", step.lines.len() - most));
    }
    lines
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// About how wide a text is: letters at most 7.3 pixels at this size, ideographs twelve.
fn width(text: &str) -> f64 {
    let letter = |it: char| if it.is_ascii() { 7.3 } else { 12.0 };
    text.chars().map(letter).sum::<f64>() + 4.0
}

/// Through all points, upright at each.
fn curve(points: &[Point]) -> String {
    let mut path = String::new();
    let mut before: Option<Point> = None;
    for (x, y) in points.iter().copied() {
        let _ = match before {
            None => write!(path, "M{x:.1} {y:.1}"),
            Some((from, _)) if (from - x).abs() < 0.1 => write!(path, "L{x:.1} {y:.1}"),
            Some((from, above)) => {
                let middle = f64::midpoint(above, y);
                write!(path, "C{from:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}")
            }
        };
        before = Some((x, y));
    }
    path
}

fn straight(points: &[Point]) -> String {
    let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    format!("M{}", points.join("L"))
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(it),
        }
    }
    out
}

/// The height of a line of text, and what is kept free inside of a box.
const LINE: f64 = 16.0;
const PAD: f64 = 8.0;
/// What is shown of a step that does much, and of a line that says much.
const MOST_LINES: usize = 6;
const MOST_LETTERS: usize = 34;

/// How wide a way is drawn of which nothing is counted, in pixels.
const LINE_WIDTH: f64 = 1.3;

pub(super) const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2933;--soft:#52606d;--box:#fff;--edge:#7b8794;--line:#66737f;--rule:#cbd2d9;
--start:#d8f3dc;--start-edge:#2d6a4f;--person:#dbeafe;--person-edge:#1d4ed8;--ends:#e4e7eb;--ends-edge:#52606d;
--back:#b7791f;--label:#334e68;--lit:#1d4ed8;--walked:#3b6ea5;--hot:#f2684f;--good:#2d8a4e;--good-box:#d8f3dc;--part:#c98a00;
--part-box:#fff3bf;--bad:#c0392b;--bad-box:#ffd6d6}
@media(prefers-color-scheme:dark){:root{--paper:#12161b;--ink:#e6eaf0;--soft:#a7b1bd;--box:#1d232b;--edge:#77838f;--line:#8d99a6;
--rule:#39424c;--start:#173a27;--start-edge:#5fbf88;--person:#17325f;--person-edge:#7da6ff;--ends:#2a323b;--ends-edge:#9aa7b4;
--back:#e0a94f;--label:#b9cbdd;--lit:#8fb4ff;--walked:#6fa3dc;--hot:#c8452c;--good:#5fbf88;--good-box:#173a27;--part:#e0a94f;
--part-box:#463813;--bad:#ff8a7a;--bad-box:#4a1f1c}}
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;background:var(--paper);color:var(--ink)}
h1{font-size:1.3rem;margin:0 0 .3rem}
p{margin:.3rem 0;max-width:75rem}
p span{border:1px solid var(--edge);border-radius:4px;padding:1px 6px}
.picture{overflow-x:auto;margin:.6rem 0}
svg text{font:12px system-ui,'Noto Sans CJK SC',sans-serif;fill:var(--ink)}
.step rect{fill:var(--box);stroke:var(--edge)}
.step .name{font-weight:700;text-anchor:middle}
.step .count{font-weight:600;fill:var(--walked)}
.step.hot .count{fill:var(--ink)}
.step.start rect{fill:var(--start);stroke:var(--start-edge);stroke-width:2}
.step.person rect{fill:var(--person);stroke:var(--person-edge)}
.step.ends rect{fill:var(--ends);stroke:var(--ends-edge);stroke-width:2}
.step.unreached rect{stroke-dasharray:4}
.step.hot rect{fill:color-mix(in srgb,var(--box),var(--hot) var(--heat))}
span.start{background:var(--start)}span.person{background:var(--person)}span.ends{background:var(--ends)}
.way path{fill:none;stroke:var(--line);stroke-width:var(--width)}
.way path.head{fill:var(--line);stroke:none}
.way.back path{stroke:var(--back);stroke-dasharray:5 3}
.way.back path.head{fill:var(--back)}
.way.walked path{stroke:var(--walked);stroke-opacity:.75;stroke-dasharray:none}
.way.walked path.head{fill:var(--walked)}
.way.walked.back path{stroke:var(--back)}
.way.walked.back path.head{fill:var(--back)}
.way.never path,.legend .never{stroke-dasharray:3 3;stroke-opacity:.6}
.way text{text-anchor:middle;font-size:11px;fill:var(--label);paint-order:stroke;stroke:var(--paper);stroke-width:4px}
.legend svg{vertical-align:middle}.legend path{stroke:var(--walked);fill:none}.legend path.never{stroke:var(--line)}
.legend b.heat{font-weight:400;border:1px solid var(--edge);border-radius:4px;padding:1px 6px;background:color-mix(in srgb,var(--box),var(--hot) var(--heat))}
table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:700}
th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--rule)}
.way.far text{text-anchor:start;stroke:none;cursor:pointer}
.way.far:hover text{text-decoration:underline}
.way.far.never text{opacity:.6}
.step.aimed rect{stroke:var(--lit);stroke-width:4}
svg.lit .way,svg.lit .step{opacity:.15}
svg.lit .way.lit,svg.lit .step.lit{opacity:1}
.way.lit path{stroke:var(--lit);stroke-opacity:1}
.way.lit path.head{fill:var(--lit)}
";

/// Shows the ways of the step under the pointer alone.
pub(super) const SCRIPT: &str = "
for(const svg of document.querySelectorAll('svg')){
  const ways=[...svg.querySelectorAll('.way')],steps=[...svg.querySelectorAll('.step')];
  const clear=()=>{svg.classList.remove('lit');for(const it of [...ways,...steps])it.classList.remove('lit')};
  for(const step of steps){
    step.onmouseenter=()=>{
      const name=step.dataset.step,near=new Set([name]);
      clear();svg.classList.add('lit');
      for(const way of ways)if(way.dataset.from===name||way.dataset.to===name){
        way.classList.add('lit');near.add(way.dataset.from);near.add(way.dataset.to)}
      for(const it of steps)if(near.has(it.dataset.step))it.classList.add('lit')};
    step.onmouseleave=clear}
  for(const way of ways)if(way.classList.contains('far')){
    const ends=[way.dataset.from,way.dataset.to];
    way.onmouseenter=()=>{
      clear();svg.classList.add('lit');
      for(const it of ways)if(it===way||it.dataset.from===ends[0]&&it.dataset.to===ends[0])it.classList.add('lit');
      for(const it of steps)if(ends.includes(it.dataset.step))it.classList.add('lit')};
    way.onmouseleave=clear;
    way.onclick=()=>{for(const it of steps){
      const aimed=it.dataset.step===way.dataset.to;
      it.classList.toggle('aimed',aimed);
      if(aimed)it.scrollIntoView({block:'center',inline:'center',behavior:'smooth'})}}}}
";
