//! Everything that `hotline.yaml` names, read from the disk and checked as a whole: flows, catalogues, recordings,
//! calendars. Shared by all calls that began under it; a reload makes another one beside it.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::shelf::Files;
use super::words::Words;
use crate::audio::{self, Clip, ClipStore, Levels};
use crate::call::{Calendars, Setting};
use crate::config::{self, Config, System, Times};
use crate::diagnostic::{Diagnostic, FileId, Level, Sources, Span};
use crate::flow::model::{Asks, Name};
use crate::flow::{self, CalendarFacts, ConnectorFacts, Facts, Program, QueueFacts, World};
use crate::lookup::{self, Column, ConnectorConfig, HttpConfig, Login, Query, SqliteConfig};
use crate::speech::{Catalogue, Catalogues};

/// What a command line or the environment says instead of `hotline.yaml`.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// SIP's address.
    pub sip: Option<SocketAddr>,
    /// HTTP's address.
    pub http: Option<SocketAddr>,
    /// Ports for media.
    pub rtp_ports: Option<RangeInclusive<u16>>,
    /// The data folder.
    pub data: Option<PathBuf>,
}

/// What was read of the operator's house before anything else can be: the configuration and the words.
#[derive(Debug)]
pub struct Ground {
    /// The operator's file; its paths are complete.
    pub config: Config,
    /// The words of each language.
    pub catalogues: Arc<Catalogues>,
    /// The texts that findings point into.
    pub sources: Sources,
    /// Everything found so far.
    pub found: Vec<Diagnostic>,
    /// The flows read, each file once.
    files: Files,
}

/// Everything that calls run with.
#[derive(Debug)]
pub struct House {
    /// The operator's file; its paths are complete.
    pub config: Config,
    /// The texts that findings point into.
    pub sources: Sources,
    /// Warnings and hints; errors keep a house from being.
    pub found: Vec<Diagnostic>,
    /// The words of each language.
    pub catalogues: Arc<Catalogues>,
    /// The recordings, by their names below the prompts' folder.
    pub clips: ClipStore,
    /// The flow behind each number.
    pub programs: IndexMap<Arc<str>, Arc<Program>>,
    /// The lookups' queries, by flow version and the name that a question has for the lookup.
    pub(crate) queries: HashMap<(Arc<str>, Name), Arc<Query>>,
    times: Arc<Times>,
    /// Recordings that flows play louder or quieter than they are. Held to look one up or to put one in.
    levels: Mutex<Levels>,
    /// How many calls each flow has had since this house was made, by the flow's name.
    turns: HashMap<Name, AtomicU64>,
}

/// Where the texts of files come from.
type Texts<'a> = dyn Fn(&Path) -> std::io::Result<String> + 'a;

/// Why nothing can be served: the findings, at least one of them an error.
#[derive(Debug)]
pub struct Broken {
    /// The texts that findings point into.
    pub sources: Sources,
    /// What is wrong.
    pub found: Vec<Diagnostic>,
}

impl Ground {
    /// Reads `hotline.yaml` at `path` and the catalogues that it names.
    ///
    /// # Errors
    /// [`Broken`] if one of them cannot be read.
    pub fn read(path: &Path, overrides: &Overrides) -> Result<Self, Broken> {
        Self::read_with(path, overrides, &|path| fs::read_to_string(path))
    }

    /// The same where some texts are not those of the disk: an editor's.
    ///
    /// # Errors
    /// [`Broken`] if one of them cannot be read.
    pub(crate) fn read_with(
        path: &Path,
        overrides: &Overrides,
        texts: &Texts<'_>,
    ) -> Result<Self, Broken> {
        let mut sources = Sources::default();
        let mut found = Vec::new();
        let Some(text) = read_text(path, "HL0905", texts, &mut sources, &mut found) else {
            return Err(Broken { sources, found });
        };
        let file = sources.add(path.display().to_string(), config::covered(&text));
        let overridden = |config: &mut Config| {
            let folder = path.parent().unwrap_or(Path::new(""));
            complete(config, folder, overrides);
        };
        let (config, wrong) = config::read(file, &text, overridden);
        found.extend(wrong);
        let Some(config) = config else { return Err(Broken { sources, found }) };
        let catalogues = read_catalogues(&config.prompts, texts, &mut sources, &mut found);
        let (catalogues, files) = (Arc::new(catalogues), Files::default());
        let ground = Self { config, catalogues, sources, found, files };
        if has_errors(&ground.found) {
            return Err(Broken { sources: ground.sources, found: ground.found });
        }
        Ok(ground)
    }

    /// The recordings; one that cannot be read is left out and for others to report.
    #[must_use]
    pub fn clips(&self) -> ClipStore {
        read_clips(&self.config.prompts, &mut Vec::new())
    }

    /// How the calls of a flow end, and how far each question is from a person.
    #[must_use]
    pub fn exits(&self, program: &Program) -> flow::Proof {
        flow::Proof::of(program, &Words(&self.catalogues))
    }

    /// Reads and proves one flow and those that it runs; what is wrong with them is added to what was found.
    pub fn read_flow(&mut self, path: &Path) -> Option<Arc<Program>> {
        let (file, text) = self.files.flow(path, &mut self.sources, &mut self.found)?;
        self.prove(path, file, &text)
    }

    /// The same with a text that is perhaps not the disk's.
    pub(crate) fn read_flow_text(&mut self, path: &Path, text: &str) -> Option<Arc<Program>> {
        let file = self.files.edited(path, text, &mut self.sources);
        self.prove(path, file, text)
    }

    /// Takes a flow's text as an editor has it, for those that run the flow.
    pub(crate) fn take_flow_text(&mut self, path: &Path, text: &str) {
        self.files.edited(path, text, &mut self.sources);
    }

    fn prove(&mut self, path: &Path, file: FileId, text: &str) -> Option<Arc<Program>> {
        let words = Words(&self.catalogues);
        let world = world(&self.config, &words);
        let mut shelf = self.files.shelf(&mut self.sources);
        let proven = Program::read_with(file, text, &world, &mut shelf);
        let unreadable = shelf.found;
        let (program, found) = match proven {
            Ok((program, found)) => (Some(program), found),
            Err(found) => (None, found),
        };
        // A flow that several run is read for each of them.
        for it in unreadable.into_iter().chain(found) {
            if !self.found.contains(&it) {
                self.found.push(it);
            }
        }
        program.filter(|program| self.can_be_dialled(path, program))
    }

    /// HL0424 dialled-subflow: a number of hotline.yaml leads to a flow that only others can run.
    fn can_be_dialled(&mut self, path: &Path, program: &Program) -> bool {
        let mut numbers = self.config.numbers.iter().filter(|(_, flow)| **flow == *path);
        let (Some((number, _)), Some(span)) = (numbers.next(), program.sub_flow()) else {
            return true;
        };
        let says = format!(
            "`{}` is run by other flows, and the number {number} of hotline.yaml dials it",
            program.name.value
        );
        let help = "let the number lead to a flow that runs this one".to_owned();
        self.found.push(Diagnostic::error("HL0424", span, says).help(help));
        false
    }
}

/// Reads everything that `hotline.yaml` at `path` names.
///
/// # Errors
/// [`Broken`] with every finding, if one of them is an error.
pub fn load(path: &Path, overrides: &Overrides) -> Result<House, Broken> {
    let mut ground = Ground::read(path, overrides)?;
    let mut programs = IndexMap::new();
    let mut queries = HashMap::new();
    for (number, flow) in ground.config.numbers.clone() {
        let Some(program) = ground.read_flow(&flow) else { continue };
        for (name, lookup) in program.all_lookups() {
            match query(lookup) {
                Ok(query) => {
                    queries.insert((Arc::clone(&program.version), name), Arc::new(query));
                }
                Err(error) => {
                    ground.found.push(Diagnostic::error(
                        "HL0790",
                        lookup.asks.span(),
                        error.to_string(),
                    ));
                }
            }
        }
        programs.insert(number, program);
    }
    let clips = read_clips(&ground.config.prompts, &mut ground.found);
    let times = Arc::new(ground.config.times());
    let Ground { config, catalogues, sources, found, .. } = ground;
    if has_errors(&found) {
        return Err(Broken { sources, found });
    }
    let turns = programs.values().map(|it| (Arc::clone(&it.name.value), AtomicU64::new(0)));
    Ok(House {
        turns: turns.collect(),
        levels: Mutex::default(),
        config,
        sources,
        found,
        catalogues,
        clips,
        programs,
        queries,
        times,
    })
}

impl House {
    /// How many calls of `program` came before this one: announcements take turns by it.
    pub(crate) fn take_turn(&self, program: &Program) -> u64 {
        self.turns.get(&program.name.value).map_or(0, |it| it.fetch_add(1, Ordering::Relaxed))
    }

    /// The recording called `id`, so much louder or quieter than it was made: scaled when it is first wanted so.
    pub(crate) fn clip(&self, id: &Arc<str>, volume_db: i8) -> Option<Arc<Clip>> {
        let clip = self.clips.get(id)?;
        if volume_db == 0 {
            return Some(Arc::clone(clip));
        }
        let levels = || self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = levels().get(id, volume_db) {
            return Some(kept);
        }
        let scaled = Arc::new(clip.with_gain(volume_db.into()));
        levels().keep(id, volume_db, &scaled);
        Some(scaled)
    }

    /// What a call of `program` runs with.
    pub(crate) fn setting(&self, program: &Arc<Program>) -> Arc<Setting> {
        Arc::new(Setting {
            flow: Arc::clone(program),
            catalogues: Arc::clone(&self.catalogues),
            calendars: Arc::clone(&self.times) as Arc<dyn Calendars>,
        })
    }
}

/// What lies outside of a flow.
fn world<'a>(config: &Config, words: &'a Words<'a>) -> World<'a> {
    let served = |queue: &str| {
        config.agents.values().any(|it| it.queues.iter().any(|name| *name.value == *queue))
    };
    World {
        prompts: words,
        calendars: config.calendars.keys().cloned().collect(),
        queues: config.queues.keys().map(|name| (Arc::clone(name), served(name))).collect(),
        cases: config.cases.keys().cloned().collect(),
        notify: config.notify.keys().cloned().collect(),
        connectors: config.connectors.keys().cloned().collect(),
        transfers: config.transfers.allow.clone(),
        facts: facts(config),
    }
}

/// What the checks want to know of the settings. Holidays are past or to come as of today.
fn facts(config: &Config) -> Facts {
    let calendar = |(name, it): (&Arc<str>, &config::calendar::Calendar)| {
        let facts = CalendarFacts {
            never_opens: it.never_opens(),
            overlaps: it.overlaps(),
            last_special_day: it.last_special_day(),
        };
        (Arc::clone(name), facts)
    };
    let queue = |(name, it): (&Arc<str>, &config::Queue)| {
        let facts = QueueFacts { announce_every: it.announce_every, max_wait: it.max_wait };
        (Arc::clone(name), facts)
    };
    let connector = |(name, it): (&Arc<str>, &config::Connector)| {
        let facts = match it.http {
            Some(_) => ConnectorFacts::Http { in_the_clear: it.is_in_the_clear() },
            None => ConnectorFacts::Sql,
        };
        (Arc::clone(name), facts)
    };
    Facts {
        connectors: config.connectors.iter().map(connector).collect(),
        today: Some(jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()),
        calendars: config.calendars.iter().map(calendar).collect(),
        queues: config.queues.iter().map(queue).collect(),
    }
}

/// Paths become complete, and what the command line says wins.
fn complete(config: &mut Config, folder: &Path, overrides: &Overrides) {
    let inside = |path: &mut PathBuf| *path = folder.join(&*path);
    inside(&mut config.data);
    inside(&mut config.prompts);
    config.numbers.values_mut().for_each(inside);
    if let Some(data) = &overrides.data {
        config.data.clone_from(data);
    }
    for connector in config.connectors.values_mut() {
        connector.sqlite.iter_mut().for_each(|it| *it = config.data.join(&*it));
        connector.create.iter_mut().for_each(inside);
    }
    config.sip.listen = overrides.sip.unwrap_or(config.sip.listen);
    config.http.listen = overrides.http.unwrap_or(config.http.listen);
    if let Some(ports) = &overrides.rtp_ports {
        config.rtp.ports = ports.clone();
    }
}

/// `<prompts>/<language>/catalog.yaml` for each language there, in the order of their names.
fn read_catalogues(
    prompts: &Path,
    texts: &Texts<'_>,
    sources: &mut Sources,
    found: &mut Vec<Diagnostic>,
) -> Catalogues {
    let mut paths: Vec<PathBuf> = fs::read_dir(prompts)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("catalog.yaml")))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let mut catalogues = Catalogues::default();
    for path in paths {
        let Some(text) = read_text(&path, "HL0590", texts, sources, found) else { continue };
        let file = sources.add(path.display().to_string(), text.as_str());
        let (catalogue, wrong) = Catalogue::parse(file, &text);
        found.extend(wrong);
        if let Some(catalogue) = catalogue {
            catalogues.insert(Arc::clone(catalogue.lang()), catalogue);
        }
    }
    catalogues
}

/// Every recording below `prompts`, decoded by as many threads as there are cores.
fn read_clips(prompts: &Path, found: &mut Vec<Diagnostic>) -> ClipStore {
    let mut files = Vec::new();
    recordings(prompts, &mut files);
    files.sort();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let each = files.len().div_ceil(threads).max(1);
    let read = |path: &PathBuf| -> Result<(Arc<str>, Arc<audio::Clip>), String> {
        let name = path.strip_prefix(prompts).unwrap_or(path).with_extension("");
        let name: Arc<str> = name.to_string_lossy().replace('\\', "/").into();
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let clip = audio::store::read_clip(&name, &bytes).map_err(|error| error.to_string())?;
        Ok((name, clip))
    };
    let clips: Vec<_> = std::thread::scope(|scope| {
        let parts: Vec<_> = files
            .chunks(each)
            .map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>()))
            .collect();
        // A thread that panicked leaves its part out; the prompts' check and the log name what is missing.
        parts.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    });
    let mut good = Vec::with_capacity(clips.len());
    for clip in clips {
        match clip {
            Ok(clip) => good.push(clip),
            Err(says) => found.push(Diagnostic::error("HL0591", Span::default(), says)),
        }
    }
    good.into_iter().collect()
}

fn recordings(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            recordings(&path, files);
        } else if path
            .extension()
            .is_some_and(|it| ["flac", "wav", "ogg", "mp3"].iter().any(|known| it == *known))
        {
            files.push(path);
        }
    }
}

/// The connectors as they are opened.
pub(crate) fn connectors(config: &Config) -> Vec<ConnectorConfig> {
    let connector = |(name, it): (&Arc<str>, &config::Connector)| -> Option<ConnectorConfig> {
        let name = Arc::clone(name);
        // A config that was read has no other.
        Some(match it.system().ok()? {
            System::Sqlite { file, create, connections } => {
                SqliteConfig { name, file, create: create.into_iter().collect(), connections }
                    .into()
            }
            System::Http { address, connections } => {
                let headers = it.headers.iter().map(|(name, it)| (Arc::clone(name), it.clone()));
                let basic = it.basic.as_ref();
                let basic = basic.map(|it| Login::Basic(Arc::clone(&it.user), it.password.clone()));
                HttpConfig {
                    name,
                    address,
                    headers: headers.collect(),
                    login: it.bearer.clone().map(Login::Bearer).or(basic),
                    connections,
                    health: it.health.clone(),
                }
                .into()
            }
        })
    };
    config.connectors.iter().filter_map(connector).collect()
}

/// A lookup of a flow as its connector takes it.
pub(crate) fn query(lookup: &flow::model::Lookup) -> Result<Query, crate::lookup::QueryError> {
    let column = |name: &Name, given: &flow::model::Given| Column {
        name: Arc::clone(name),
        kind: given.kind.value.clone(),
        optional: given.optional,
    };
    match &lookup.asks {
        Asks::Sql(query) => {
            let columns = lookup.gives.iter().map(|(name, given)| column(name, given));
            let takes: Vec<Name> = lookup.takes.keys().cloned().collect();
            Query::prepare(&query.value, &takes, columns.collect(), lookup.changes)
        }
        Asks::Http(asked) => {
            let gives = lookup.gives.iter().filter_map(|(name, given)| {
                Some((column(name, given), Arc::clone(asked.from.get(name)?.text())))
            });
            let found_when = asked.found_when.as_ref();
            Ok(Query::Http(lookup::Request {
                method: method(asked.method.value),
                path: parts(&asked.path.value.path),
                query: parts(&asked.path.value.query),
                send: asked.send.as_ref().map(|it| parts(&it.value)),
                gives: gives.collect(),
                found_when: found_when.map(|it| (Arc::clone(it.from.text()), it.is.clone())),
                changes: lookup.changes,
            }))
        }
    }
}

fn method(method: flow::http::Method) -> lookup::Method {
    use flow::http::Method as M;
    match method {
        M::Get => lookup::Method::Get,
        M::Post => lookup::Method::Post,
        M::Put => lookup::Method::Put,
        M::Patch => lookup::Method::Patch,
        M::Delete => lookup::Method::Delete,
    }
}

fn parts(parts: &[flow::http::Part]) -> Vec<lookup::Part> {
    use flow::http::Part as P;
    let part = |it: &P| match it {
        P::Raw(text) => lookup::Part::Raw(Arc::clone(text)),
        P::Value(name) => lookup::Part::Value(Arc::clone(name)),
        P::Words(name) => lookup::Part::Words(Arc::clone(name)),
    };
    parts.iter().map(part).collect()
}

fn read_text(
    path: &Path,
    code: &'static str,
    texts: &Texts<'_>,
    sources: &mut Sources,
    found: &mut Vec<Diagnostic>,
) -> Option<String> {
    match texts(path) {
        Ok(text) => Some(text),
        Err(error) => {
            let file = sources.add(path.display().to_string(), "");
            let says = format!("{} cannot be read: {error}", path.display());
            found.push(Diagnostic::error(code, Span::new(file, 0, 0), says));
            None
        }
    }
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|it| it.level == Level::Error)
}
