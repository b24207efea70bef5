//! One editor's session: the files as they are being typed, and what is answered about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lsp_server::{Message, Notification};
use lsp_types::notification::{Notification as _, PublishDiagnostics};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CompletionItem,
    CompletionItemKind, CompletionList, CompletionParams, CompletionResponse, CompletionTextEdit,
    DiagnosticRelatedInformation, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DocumentSymbol, DocumentSymbolParams,
    DocumentSymbolResponse, Documentation, GotoDefinitionParams, GotoDefinitionResponse,
    HoverContents, HoverParams, InitializeParams, InsertTextFormat, Location, MarkupContent,
    MarkupKind, NumberOrString, PublishDiagnosticsParams, ReferenceParams, RenameParams,
    SymbolKind as Icon, TextDocumentPositionParams, TextEdit, Uri, WorkspaceEdit,
};

use super::convert::{Lines, path_of, uri_of};
use crate::config;
use crate::diagnostic::{Diagnostic, Level, Sources, Span};
use crate::editor::{
    Edit, FileKind, Suggestion, SuggestionKind, SymbolKind, Unnameable, Workspace, fixes,
};
use crate::flow;
use crate::server::house::{Broken, Ground, Overrides};
use crate::sim::Scenarios;
use crate::speech::Catalogue;

/// How long the typing has to pause before what was typed is looked at.
const PAUSE: Duration = Duration::from_millis(150);

/// Why a name stays as it is, for the person who wanted another one.
pub(super) struct Refused(pub(super) Unnameable);

/// One editor's session.
pub(super) struct Session {
    config: PathBuf,
    workspace: Workspace,
    /// The files that the editor holds; their texts are its, not the disk's.
    open: HashMap<PathBuf, Uri>,
    /// What has to be looked at again.
    dirty: BTreeSet<PathBuf>,
    /// What was found on account of each open file: where, and what.
    found: BTreeMap<PathBuf, Vec<(PathBuf, lsp_types::Diagnostic)>>,
    /// The same as it was found, for what can be done about it.
    own: HashMap<PathBuf, Vec<Diagnostic>>,
    snippets: bool,
}

impl Session {
    /// Reads everything that `config` names, below the editor's folder.
    pub(super) fn new(hello: &InitializeParams, config: &Path) -> Self {
        let folders = hello.workspace_folders.as_deref().unwrap_or_default();
        #[expect(deprecated, reason = "older editors say nothing else")]
        let root = folders.first().map(|it| &it.uri).or(hello.root_uri.as_ref()).and_then(path_of);
        let root = root.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        let completion =
            hello.capabilities.text_document.as_ref().and_then(|it| it.completion.as_ref());
        let item = completion.and_then(|it| it.completion_item.as_ref());
        let mut session = Self {
            config: root.join(config),
            workspace: Workspace::default(),
            open: HashMap::new(),
            dirty: BTreeSet::new(),
            found: BTreeMap::new(),
            own: HashMap::new(),
            snippets: item.and_then(|it| it.snippet_support).unwrap_or(false),
        };
        session.read_disk();
        session
    }

    /// How long to wait for the next message before looking at what was typed.
    pub(super) fn patience(&self) -> Option<Duration> {
        (!self.dirty.is_empty()).then_some(PAUSE)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        FileKind::of(&name(path), &name(&self.config))
    }

    /// Everything on the disk that flows may name, but what the editor holds.
    fn read_disk(&mut self) {
        let folder = self.config.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut paths = vec![self.config.clone()];
        let mut folders = BTreeSet::from([folder.join("flows")]);
        let mut prompts = folder.join("prompts");
        if let Ok(ground) = self.ground() {
            prompts.clone_from(&ground.config.prompts);
            folders.extend(
                ground.config.numbers.values().filter_map(|it| Some(it.parent()?.to_owned())),
            );
        }
        for folder in folders {
            yaml_files(&folder, 2, &mut paths);
        }
        for entry in fs::read_dir(prompts).into_iter().flatten().flatten() {
            paths.push(entry.path().join("catalog.yaml"));
        }
        for path in paths.into_iter().filter(|it| !self.open.contains_key(it)) {
            if let (Some(kind), Ok(text)) = (self.kind(&path), fs::read_to_string(&path)) {
                self.workspace.set(&name(&path), kind, &text);
            }
        }
    }

    /// The configuration and the words, as they are being typed.
    fn ground(&self) -> Result<Ground, Broken> {
        Ground::read_with(&self.config, &Overrides::default(), &|path| self.text(path))
    }

    /// A file's text: the editor's, else the disk's.
    fn text(&self, path: &Path) -> io::Result<String> {
        match self.workspace.file(&name(path)).filter(|_| self.open.contains_key(path)) {
            Some(file) => Ok(file.text.to_string()),
            None => fs::read_to_string(path),
        }
    }

    pub(super) fn opened(&mut self, it: DidOpenTextDocumentParams) {
        let Some(path) = path_of(&it.text_document.uri) else { return };
        let Some(kind) = self.kind(&path) else { return };
        self.open.insert(path.clone(), it.text_document.uri);
        self.workspace.set(&name(&path), kind, &it.text_document.text);
        self.touched(&path);
    }

    pub(super) fn changed(&mut self, it: DidChangeTextDocumentParams) {
        let Some(path) = path_of(&it.text_document.uri) else { return };
        let Some(file) = self.workspace.file(&name(&path)) else { return };
        let (kind, mut text) = (file.kind, file.text.to_string());
        for change in it.content_changes {
            match change.range {
                Some(range) => {
                    let lines = Lines::new(&text);
                    let (start, end) = (lines.offset(range.start), lines.offset(range.end));
                    text.replace_range(start..end.max(start), &change.text);
                }
                None => text = change.text,
            }
        }
        self.workspace.set(&name(&path), kind, &text);
        self.touched(&path);
    }

    /// The disk's text counts again, and what was found is taken back.
    pub(super) fn closed(&mut self, it: &DidCloseTextDocumentParams, out: &mut Vec<Message>) {
        let Some(path) = path_of(&it.text_document.uri) else { return };
        if self.open.remove(&path).is_none() {
            return;
        }
        if let (Some(kind), Ok(text)) = (self.kind(&path), fs::read_to_string(&path)) {
            self.workspace.set(&name(&path), kind, &text);
        }
        // The flows that run it run what the disk has again.
        self.dirty.insert(path.clone());
        self.own.remove(&path);
        let mut targets: BTreeSet<_> =
            self.found.remove(&path).into_iter().flatten().map(|it| it.0).collect();
        targets.insert(path);
        targets.iter().for_each(|it| self.publish(it, out));
    }

    pub(super) fn disk_changed(&mut self) {
        self.read_disk();
        self.dirty.extend(self.open.keys().cloned());
    }

    /// A flow concerns itself and the scenarios beside it; words and settings concern everything.
    fn touched(&mut self, path: &Path) {
        match self.kind(path) {
            Some(FileKind::Flow) => {
                self.dirty.insert(path.to_owned());
                let scenarios = path.with_extension("test.yaml");
                self.dirty.extend(Some(scenarios).filter(|it| self.open.contains_key(it)));
            }
            Some(FileKind::Scenarios) => {
                self.dirty.insert(path.to_owned());
            }
            Some(FileKind::Catalogue | FileKind::Config) | None => {
                self.dirty.extend(self.open.keys().cloned());
            }
        }
    }

    /// Looks at everything that was touched, and tells the editor what was found.
    pub(super) fn look(&mut self, out: &mut Vec<Message>) {
        self.callers();
        let mut ground = self.ground();
        if let Ok(ground) = &mut ground {
            // A flow runs others as they are being typed.
            let flows = self.open.keys().filter(|it| self.kind(it) == Some(FileKind::Flow));
            for (path, text) in flows.filter_map(|it| Some((it, self.text(it).ok()?))) {
                ground.take_flow_text(path, &text);
            }
        }
        let mut targets = BTreeSet::new();
        for path in std::mem::take(&mut self.dirty) {
            if !self.open.contains_key(&path) {
                continue;
            }
            let (found, sources) = self.look_at(&path, &mut ground);
            let shown = shown(&found, &sources, &path);
            targets.insert(path.clone());
            targets.extend(shown.iter().map(|it| it.0.clone()));
            let before = self.found.insert(path.clone(), shown);
            targets.extend(before.into_iter().flatten().map(|it| it.0));
            self.own.insert(path, found);
        }
        targets.iter().for_each(|it| self.publish(it, out));
    }

    /// What runs a flow that was touched has to be looked at, too.
    fn callers(&mut self) {
        let touched: Vec<_> = self.dirty.iter().map(|it| name(it)).collect();
        for path in touched.iter().flat_map(|it| self.workspace.run_in(it)) {
            let path = PathBuf::from(path);
            let scenarios = path.with_extension("test.yaml");
            self.dirty
                .extend([path, scenarios].into_iter().filter(|it| self.open.contains_key(it)));
        }
    }

    /// What is wrong in one file, and the texts that the findings point into.
    fn look_at(
        &self,
        path: &Path,
        ground: &mut Result<Ground, Broken>,
    ) -> (Vec<Diagnostic>, Sources) {
        let Ok(text) = self.text(path) else { return (Vec::new(), Sources::default()) };
        let mut sources = Sources::default();
        match (self.kind(path), ground) {
            (Some(FileKind::Flow), Ok(ground)) => {
                let (before, known) = (ground.sources.clone(), ground.found.len());
                ground.read_flow_text(path, &text);
                let found = ground.found.split_off(known);
                (found, std::mem::replace(&mut ground.sources, before))
            }
            // Without a house there is only the language.
            (Some(FileKind::Flow), Err(_)) => {
                let file = sources.add(name(path), text.as_str());
                (flow::parse(file, &text).1, sources)
            }
            (Some(FileKind::Scenarios), Ok(ground)) => {
                let (before, known) = (ground.sources.clone(), ground.found.len());
                let beside = name(path).strip_suffix(".test.yaml").map(|it| format!("{it}.yaml"));
                let beside = beside.map(PathBuf::from);
                let flow = beside.and_then(|it| ground.read_flow_text(&it, &self.text(&it).ok()?));
                // The flow's own findings are shown in the flow, and one with errors tells too little.
                ground.found.truncate(known);
                let file = ground.sources.add(name(path), text.as_str());
                let found = flow.map(|flow| Scenarios::parse(file, &text, &flow).1);
                (found.unwrap_or_default(), std::mem::replace(&mut ground.sources, before))
            }
            (Some(FileKind::Scenarios), Err(_)) => (Vec::new(), sources),
            (Some(FileKind::Catalogue), _) => {
                let file = sources.add(name(path), text.as_str());
                (Catalogue::parse(file, &text).1, sources)
            }
            (Some(FileKind::Config), _) => {
                let file = sources.add(name(path), text.as_str());
                (config::read(file, &text, |_| {}).1, sources)
            }
            (None, _) => (Vec::new(), sources),
        }
    }

    /// Tells the editor everything that was found in one file.
    fn publish(&self, path: &Path, out: &mut Vec<Message>) {
        let Some(uri) = self.open.get(path).cloned().or_else(|| uri_of(path)) else { return };
        let mut diagnostics: Vec<lsp_types::Diagnostic> = Vec::new();
        for (_, it) in self.found.values().flatten().filter(|it| it.0 == path) {
            if !diagnostics.contains(it) {
                diagnostics.push(it.clone());
            }
        }
        let params = PublishDiagnosticsParams { uri, diagnostics, version: None };
        let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
        out.push(Message::Notification(notification));
    }

    /// The file and the byte that a request is about.
    fn place(&self, at: &TextDocumentPositionParams) -> Option<(String, usize)> {
        let path = name(&path_of(&at.text_document.uri)?);
        let file = self.workspace.file(&path)?;
        let offset = Lines::new(&file.text).offset(at.position);
        Some((path, offset))
    }

    /// Where a span lies, for the editor.
    fn location(&self, span: Span) -> Option<Location> {
        let file = self.workspace.get(span.file)?;
        let path = Path::new(&*file.path);
        let uri = self.open.get(path).cloned().or_else(|| uri_of(path))?;
        Some(Location { uri, range: Lines::new(&file.text).range(span) })
    }

    pub(super) fn complete(&mut self, it: &CompletionParams) -> Option<CompletionResponse> {
        let (path, offset) = self.place(&it.text_document_position)?;
        let suggestions = self.workspace.complete(&path, offset);
        let file = self.workspace.file(&path)?;
        let lines = Lines::new(&file.text);
        let items = suggestions.into_iter().enumerate();
        let items = items.map(|(at, it)| item(it, at, &lines, self.snippets)).collect();
        Some(CompletionResponse::List(CompletionList { is_incomplete: false, items }))
    }

    pub(super) fn hover(&mut self, it: &HoverParams) -> Option<lsp_types::Hover> {
        let (path, offset) = self.place(&it.text_document_position_params)?;
        let hover = self.workspace.hover(&path, offset)?;
        let range = self.location(hover.span).map(|it| it.range);
        let contents = HoverContents::Markup(markdown(hover.says));
        Some(lsp_types::Hover { contents, range })
    }

    pub(super) fn definitions(
        &mut self,
        it: &GotoDefinitionParams,
    ) -> Option<GotoDefinitionResponse> {
        let (path, offset) = self.place(&it.text_document_position_params)?;
        let spans = self.workspace.definitions(&path, offset);
        let all = spans.into_iter().filter_map(|it| self.location(it)).collect();
        Some(GotoDefinitionResponse::Array(all))
    }

    pub(super) fn references(&mut self, it: &ReferenceParams) -> Option<Vec<Location>> {
        let (path, offset) = self.place(&it.text_document_position)?;
        let mut spans = self.workspace.references(&path, offset);
        if !it.context.include_declaration {
            let given = self.workspace.definitions(&path, offset);
            spans.retain(|span| !given.contains(span));
        }
        Some(spans.into_iter().filter_map(|it| self.location(it)).collect())
    }

    #[expect(
        deprecated,
        reason = "the struct has a field that is no longer used and must be given"
    )]
    pub(super) fn outline(&mut self, it: &DocumentSymbolParams) -> Option<DocumentSymbolResponse> {
        let path = name(&path_of(&it.text_document.uri)?);
        let entries = self.workspace.outline(&path);
        let file = self.workspace.file(&path)?;
        let lines = Lines::new(&file.text);
        let symbols = entries.into_iter().map(|it| DocumentSymbol {
            kind: it.kind.map_or(Icon::EVENT, icon),
            detail: it.kind.map(|it| it.called().to_owned()),
            name: it.name,
            range: lines.range(it.whole),
            selection_range: lines.range(it.span),
            tags: None,
            deprecated: None,
            children: None,
        });
        Some(DocumentSymbolResponse::Nested(symbols.collect()))
    }

    pub(super) fn nameable(
        &mut self,
        it: &TextDocumentPositionParams,
    ) -> Result<Option<lsp_types::Range>, Refused> {
        let Some((path, offset)) = self.place(it) else { return Ok(None) };
        let span = self.workspace.nameable(&path, offset).map_err(Refused)?;
        Ok(self.location(span).map(|it| it.range))
    }

    pub(super) fn rename(&mut self, it: &RenameParams) -> Result<Option<WorkspaceEdit>, Refused> {
        let Some((path, offset)) = self.place(&it.text_document_position) else { return Ok(None) };
        let edits = self.workspace.rename(&path, offset, &it.new_name).map_err(Refused)?;
        Ok(Some(self.edit(edits)))
    }

    #[expect(clippy::mutable_key_type, reason = "the protocol's type has a URI for its key")]
    fn edit(&self, edits: Vec<Edit>) -> WorkspaceEdit {
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for edit in edits {
            if let Some(Location { uri, range }) = self.location(edit.span) {
                changes.entry(uri).or_default().push(TextEdit { range, new_text: edit.text });
            }
        }
        WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
    }

    #[expect(clippy::mutable_key_type, reason = "the protocol's type has a URI for its key")]
    pub(super) fn fixes(&self, it: &CodeActionParams) -> Vec<CodeActionOrCommand> {
        let Some(path) = path_of(&it.text_document.uri) else { return Vec::new() };
        // What was found in a text that has been typed on since is not at its places any more.
        if self.dirty.contains(&path) {
            return Vec::new();
        }
        let Some(file) = self.workspace.file(&name(&path)) else { return Vec::new() };
        let lines = Lines::new(&file.text);
        let (start, end) = (lines.offset(it.range.start), lines.offset(it.range.end));
        let here =
            |it: &&Diagnostic| it.span.start as usize <= end && it.span.end as usize >= start;
        let own = self.own.get(&path).map(Vec::as_slice).unwrap_or_default();
        let shown = self.found.get(&path).map(Vec::as_slice).unwrap_or_default();
        let mut actions = Vec::new();
        for (found, (target, shown)) in own.iter().zip(shown).filter(|(it, _)| here(it)) {
            for fix in fixes(found, &file.text).into_iter().filter(|_| *target == path) {
                let edit = TextEdit { range: lines.range(fix.edit.span), new_text: fix.edit.text };
                let changes = HashMap::from([(it.text_document.uri.clone(), vec![edit])]);
                actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: fix.title,
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![shown.clone()]),
                    edit: Some(WorkspaceEdit {
                        changes: Some(changes),
                        ..WorkspaceEdit::default()
                    }),
                    is_preferred: Some(true),
                    ..CodeAction::default()
                }));
            }
        }
        actions
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The YAML files of a folder and of its folders, `levels` deep.
fn yaml_files(folder: &Path, levels: u8, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && levels > 1 {
            yaml_files(&path, levels - 1, paths);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            paths.push(path);
        }
    }
}

/// Each finding with the file it is in, as the editor takes it; one without a place stands at the beginning of `path`.
fn shown(
    found: &[Diagnostic],
    sources: &Sources,
    path: &Path,
) -> Vec<(PathBuf, lsp_types::Diagnostic)> {
    let mut lines = HashMap::new();
    let mut place = |span: Span| -> Option<(PathBuf, lsp_types::Range)> {
        let source = sources.get(span.file)?;
        let lines = lines.entry(span.file).or_insert_with(|| Lines::new(&source.text));
        Some((PathBuf::from(&*source.name), lines.range(span)))
    };
    let each = found.iter().map(|it| {
        let (target, range) =
            place(it.span).unwrap_or_else(|| (path.to_owned(), lsp_types::Range::default()));
        let severity = match it.level {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Hint => DiagnosticSeverity::HINT,
        };
        let help = it.help.as_ref().map(|it| format!("\n{it}")).unwrap_or_default();
        let related = it.notes.iter().filter_map(|(span, says)| {
            let (path, range) = place(*span)?;
            let location = Location { uri: uri_of(&path)?, range };
            Some(DiagnosticRelatedInformation { location, message: says.clone() })
        });
        let related: Vec<_> = related.collect();
        let diagnostic = lsp_types::Diagnostic {
            range,
            severity: Some(severity),
            code: Some(NumberOrString::String(it.code.to_owned())),
            source: Some("hotline".to_owned()),
            message: format!("{}{help}", it.says),
            related_information: (!related.is_empty()).then_some(related),
            ..lsp_types::Diagnostic::default()
        };
        (target, diagnostic)
    });
    each.collect()
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

fn item(it: Suggestion, at: usize, lines: &Lines<'_>, snippets: bool) -> CompletionItem {
    let kind = match it.kind {
        SuggestionKind::Word => CompletionItemKind::KEYWORD,
        SuggestionKind::Field => CompletionItemKind::FIELD,
        SuggestionKind::Value => CompletionItemKind::VALUE,
        SuggestionKind::Name(SymbolKind::Step) => CompletionItemKind::FUNCTION,
        SuggestionKind::Name(SymbolKind::Prompt) => CompletionItemKind::TEXT,
        SuggestionKind::Name(SymbolKind::Flow) => CompletionItemKind::MODULE,
        SuggestionKind::Name(_) => CompletionItemKind::VARIABLE,
    };
    let snippet = it.snippet.filter(|_| snippets);
    let format =
        if snippet.is_some() { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT };
    let edit = TextEdit { range: lines.range(it.replaces), new_text: snippet.unwrap_or(it.insert) };
    CompletionItem {
        label: it.label,
        kind: Some(kind),
        detail: Some(it.detail).filter(|it| !it.is_empty()),
        documentation: Some(it.says)
            .filter(|it| !it.is_empty())
            .map(|it| Documentation::MarkupContent(markdown(it))),
        sort_text: Some(format!("{at:04}")),
        insert_text_format: Some(format),
        text_edit: Some(CompletionTextEdit::Edit(edit)),
        ..CompletionItem::default()
    }
}

const fn icon(kind: SymbolKind) -> Icon {
    match kind {
        SymbolKind::Step => Icon::FUNCTION,
        SymbolKind::Prompt => Icon::STRING,
        SymbolKind::Variable => Icon::VARIABLE,
        SymbolKind::Lookup => Icon::INTERFACE,
        SymbolKind::Column | SymbolKind::Parameter => Icon::FIELD,
        SymbolKind::Flow => Icon::MODULE,
        SymbolKind::Exit => Icon::EVENT,
        SymbolKind::Queue
        | SymbolKind::Calendar
        | SymbolKind::CaseKind
        | SymbolKind::Receiver
        | SymbolKind::Connector => Icon::CONSTANT,
    }
}
