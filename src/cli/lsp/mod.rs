//! `hotline lsp`: a language server on the standard input and output, for editors.
//!
//! `session` keeps the files and answers requests; `convert` stands between the protocol's lines and UTF-16 columns and
//! our bytes. What is answered is decided in the room `editor`.

mod convert;
mod session;

use std::path::PathBuf;
use std::process::ExitCode;

use lsp_server::{Connection, ErrorCode, Message, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest,
    PrepareRenameRequest, References, Rename, Request as _,
};
use lsp_types::{
    CodeActionProviderCapability, CompletionOptions, HoverProviderCapability, InitializeParams,
    OneOf, RenameOptions, SaveOptions, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkDoneProgressOptions,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::session::{Refused, Session};

/// Help an editor while flows are being written: a language server on the standard input and output
///
/// Findings as you type, completion, hover with the words of prompts, definitions, references, renaming in flows,
/// catalogues and scenarios. docs/editor.md sets up VS Code, Helix and Neovim.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: an editor starts it in the folder of hotline.yaml:\n  hotline lsp"
)]
pub(super) struct LspArgs {
    /// The configuration, in the editor's folder
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

pub(super) fn run(args: &LspArgs) -> ExitCode {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection, args);
    // The writing thread ends when nobody can send to it any more.
    drop(connection);
    match served {
        Ok(()) if threads.join().is_ok() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hotline lsp: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why it cannot go on.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    #[error("what the editor says of itself cannot be read: {0}")]
    Hello(#[from] serde_json::Error),
    #[error("the editor is gone")]
    Gone,
}

fn serve(connection: &Connection, args: &LspArgs) -> Result<(), Broken> {
    let hello = connection.initialize(serde_json::to_value(capabilities())?)?;
    let hello: InitializeParams = serde_json::from_value(hello)?;
    let mut session = Session::new(&hello, &args.config);
    loop {
        // What was typed is looked at when the typing pauses.
        let message = match session.patience() {
            Some(patience) => match connection.receiver.recv_timeout(patience) {
                Ok(message) => Some(message),
                Err(error) if error.is_timeout() => None,
                Err(_) => return Ok(()),
            },
            None => match connection.receiver.recv() {
                Ok(message) => Some(message),
                Err(_) => return Ok(()),
            },
        };
        let mut out = Vec::new();
        match message {
            None => session.look(&mut out),
            Some(Message::Request(request)) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                out.push(Message::Response(answer(&mut session, request)));
            }
            Some(Message::Notification(it)) => notice(&mut session, it, &mut out),
            Some(Message::Response(_)) => {} // nothing is asked of the editor
        }
        for message in out {
            connection.sender.send(message).map_err(|_| Broken::Gone)?;
        }
    }
}

fn capabilities() -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
            include_text: Some(false),
        })),
        ..TextDocumentSyncOptions::default()
    };
    let triggers = [" ", ":", "{", ".", "-"].map(str::to_owned).to_vec();
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(triggers),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        ..ServerCapabilities::default()
    }
}

fn notice(session: &mut Session, it: lsp_server::Notification, out: &mut Vec<Message>) {
    // What cannot be read is no news; the protocol has no answer to it.
    let params = it.params;
    match it.method.as_str() {
        DidOpenTextDocument::METHOD => read(params).into_iter().for_each(|it| session.opened(it)),
        DidChangeTextDocument::METHOD => {
            read(params).into_iter().for_each(|it| session.changed(it))
        }
        DidCloseTextDocument::METHOD => {
            read(params).into_iter().for_each(|it| session.closed(&it, out))
        }
        DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => session.disk_changed(),
        _ => {}
    }
}

fn read<T: DeserializeOwned>(params: serde_json::Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn answer(session: &mut Session, it: Request) -> Response {
    fn with<P: DeserializeOwned, R: Serialize>(
        it: Request,
        does: impl FnOnce(P) -> Result<R, Refused>,
    ) -> Response {
        match serde_json::from_value(it.params) {
            Ok(params) => match does(params) {
                Ok(result) => Response::new_ok(it.id, result),
                Err(Refused(why)) => {
                    Response::new_err(it.id, ErrorCode::RequestFailed as i32, why.to_string())
                }
            },
            Err(error) => {
                Response::new_err(it.id, ErrorCode::InvalidParams as i32, error.to_string())
            }
        }
    }
    match it.method.as_str() {
        Completion::METHOD => with(it, |it| Ok(session.complete(&it))),
        HoverRequest::METHOD => with(it, |it| Ok(session.hover(&it))),
        GotoDefinition::METHOD => with(it, |it| Ok(session.definitions(&it))),
        References::METHOD => with(it, |it| Ok(session.references(&it))),
        DocumentSymbolRequest::METHOD => with(it, |it| Ok(session.outline(&it))),
        CodeActionRequest::METHOD => with(it, |it| Ok(session.fixes(&it))),
        PrepareRenameRequest::METHOD => with(it, |it| session.nameable(&it)),
        Rename::METHOD => with(it, |it| session.rename(&it)),
        _ => {
            let says = format!("{} is not known here", it.method);
            Response::new_err(it.id, ErrorCode::MethodNotFound as i32, says)
        }
    }
}
