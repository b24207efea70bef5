//! What all rules want to know about a flow, found out once: its graph, its variables and their types, what is worked
//! out where, which prompts are spoken where.

use std::cell::Cell;
use std::collections::{HashMap, HashSet, VecDeque};

use indexmap::IndexMap;

use super::{PromptFacts, World};
use crate::diagnostic::{Span, Spanned, nearest};
use crate::flow::builtin::builtin;
use crate::flow::expr::{Expr, Fault};
use crate::flow::graph::Graph;
use crate::flow::model::{Action, ActionKind, Flow, Given, Lang, Name, Patience, Run};
use crate::value::Type;

/// One flow, studied.
pub(super) struct Study<'a> {
    pub(super) flow: &'a Flow,
    pub(super) world: &'a World<'a>,
    pub(super) graph: Graph<'a>,
    /// What `takes`, `gives`, `ask` and `set` name, in the order written.
    pub(super) variables: IndexMap<&'a str, Variable>,
    /// Every expression and what it is for.
    pub(super) worked_out: Vec<WorkedOut<'a>>,
    /// What is wrong with expressions themselves.
    pub(super) faults: Vec<Fault>,
    /// Every prompt that is spoken.
    pub(super) spoken: Vec<Spoken<'a>>,
    /// What each of these prompts is in each language of the flow, with the first place that speaks it.
    prompts: IndexMap<&'a str, Prompt<'a>>,
    /// The names before the dot of what flows would give that were not found.
    lost: HashSet<Name>,
    /// How many suggestions may still be looked for: each compares one name with all others.
    suggestions: Cell<u16>,
}

/// A prompt, and what it is in each language of the flow.
pub(super) struct Prompt<'a> {
    /// The first place that speaks it.
    pub(super) first: Spoken<'a>,
    pub(super) texts: Vec<(&'a Lang, Option<PromptFacts<'a>>)>,
}

/// A variable of the flow.
pub(super) struct Variable {
    /// Where it is first set.
    pub(super) first: Span,
    /// What it is; `None` where no value tells.
    pub(super) kind: Option<Type>,
    /// Whether it may be missing even where it was set: a question of a survey need not be answered.
    pub(super) optional: bool,
}

impl Variable {
    const fn new(first: Span) -> Self {
        Self { first, kind: None, optional: false }
    }
}

/// An expression and what it is for.
pub(super) struct WorkedOut<'a> {
    pub(super) expr: &'a Expr,
    pub(super) role: Role<'a>,
    /// What comes out; `None` with at least one fault.
    pub(super) kind: Option<Type>,
}

/// What an expression is for.
#[derive(Clone, Copy)]
pub(in crate::flow) enum Role<'a> {
    When,
    If,
    Say(Option<&'a Spanned<Type>>),
    Set(&'a Spanned<Name>),
    /// A bound of what is keyed, which is of this type.
    Bound(&'a Spanned<Type>),
    With {
        lookup: &'a str,
        parameter: &'a Spanned<Name>,
    },
    Account,
    Input {
        run: &'a Run,
        name: &'a Spanned<Name>,
    },
    Priority,
    Transfer,
    Case,
    Callback,
    Notify,
    /// The name of a conference.
    Room,
    Context,
}

/// A prompt that an action speaks.
#[derive(Clone, Copy)]
pub(in crate::flow) struct Spoken<'a> {
    pub(in crate::flow) name: &'a str,
    /// Where it is named, or the action that speaks it unnamed.
    pub(super) span: Span,
    /// Whether the flow names it, or the language has it for all.
    pub(in crate::flow) named: bool,
    pub(super) action: &'a Action,
}

impl<'a> Study<'a> {
    pub(super) fn new(flow: &'a Flow, world: &'a World<'a>) -> Self {
        let mut study = Self {
            flow,
            world,
            graph: Graph::new(flow),
            variables: variables(flow),
            worked_out: Vec::new(),
            faults: Vec::new(),
            spoken: Vec::new(),
            prompts: IndexMap::new(),
            lost: HashSet::new(),
            suggestions: Cell::new(100),
        };
        let lost = study.runs().filter(|run| run.sub.is_err()).map(Run::prefix);
        study.lost = lost.collect();
        let mut faults = Vec::new();
        let mut worked_out = expressions(flow);
        for it in &mut worked_out {
            it.kind = it.expr.check(&|name| study.look_up(name), &mut faults);
        }
        (study.worked_out, study.faults) = (worked_out, faults);
        study.spoken = flow.steps.values().flat_map(|it| &it.actions).flat_map(spoken).collect();
        for spoken in &study.spoken {
            study.prompts.entry(spoken.name).or_insert_with(|| {
                let in_language = |lang: &'a Spanned<Lang>| {
                    (&lang.value, world.prompts.prompt(&lang.value, spoken.name))
                };
                let texts = flow.languages.iter().map(in_language).collect();
                Prompt { first: *spoken, texts }
            });
        }
        study
    }

    /// What a name stands for, and whether it may be missing even where it is set.
    pub(super) fn look_up(&self, name: &str) -> Option<(Type, bool)> {
        look_up(self.flow, &self.variables, name)
    }

    /// Every action with the index of its step and its own.
    pub(super) fn actions(&self) -> impl Iterator<Item = (usize, usize, &'a Action)> {
        self.flow.steps.values().enumerate().flat_map(|(step, it)| {
            it.actions.iter().enumerate().map(move |(at, action)| (step, at, action))
        })
    }

    /// Every `run`.
    pub(super) fn runs(&self) -> impl Iterator<Item = &'a Run> {
        self.actions().filter_map(|(_, _, action)| {
            if let ActionKind::Run(run) = &action.kind { Some(run) } else { None }
        })
    }

    /// What lookups and flows that are run give: the names before and behind the dot.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Given)> {
        let lookups = self.flow.lookups.values().map(|it| (&*it.name.value, &it.gives));
        let runs = self.flow.runs.iter().map(|(prefix, sub)| (&**prefix, &sub.gives));
        let all = lookups.chain(runs);
        all.flat_map(|(of, gives)| gives.iter().map(move |(name, given)| (of, &**name, given)))
    }

    /// Whether a name is a result of a flow that was not found.
    pub(super) fn is_lost(&self, name: &str) -> bool {
        name.split_once('.').is_some_and(|(prefix, _)| self.lost.contains(prefix))
    }

    /// A prompt in each language of the flow.
    pub(super) fn prompt(&self, name: &str) -> &[(&'a Lang, Option<PromptFacts<'a>>)] {
        self.prompts.get(name).map(|it| it.texts.as_slice()).unwrap_or_default()
    }

    /// Each prompt that is spoken, once.
    pub(super) fn prompts(&self) -> impl Iterator<Item = &Prompt<'a>> {
        self.prompts.values()
    }

    /// Each prompt in each language that has it, with the first place that speaks it.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Spoken<'a>, &'a Lang, &PromptFacts<'a>)> {
        self.prompts().flat_map(|prompt| {
            let texts = prompt.texts.iter();
            texts.filter_map(|(lang, facts)| Some((&prompt.first, *lang, facts.as_ref()?)))
        })
    }

    /// 'did you mean', for the first hundred names of a flow: looking is linear in the names that exist.
    pub(super) fn suggest<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let left = self.suggestions.get().checked_sub(1)?;
        self.suggestions.set(left);
        nearest(name, known).map(|near| format!("did you mean `{near}`?"))
    }
}

fn look_up(flow: &Flow, variables: &IndexMap<&str, Variable>, name: &str) -> Option<(Type, bool)> {
    if let Some(variable) = variables.get(name) {
        return variable.kind.clone().map(|kind| (kind, variable.optional));
    }
    if let Some(given) = flow.column(name) {
        return Some((given.kind.value.clone(), given.optional));
    }
    builtin(flow, name)
}

/// The variables of a flow with their types. A type is told by `takes`, `gives` or `ask`, or by the first `set` whose value has one; each
/// assignment is looked at again only when a variable in it has become known.
pub(super) fn variables(flow: &Flow) -> IndexMap<&str, Variable> {
    let mut variables: IndexMap<&str, Variable> = IndexMap::new();
    for (name, kind) in &flow.takes {
        let variable =
            Variable { first: kind.span, kind: Some(kind.value.clone()), optional: false };
        variables.insert(name, variable);
    }
    for (name, given) in &flow.gives {
        let kind = &given.kind;
        variables.entry(name).or_insert(Variable {
            first: kind.span,
            kind: Some(kind.value.clone()),
            optional: false,
        });
    }
    let mut assignments = Vec::new();
    for action in flow.steps.values().flat_map(|step| &step.actions) {
        match &action.kind {
            ActionKind::Ask(ask) => {
                let variable =
                    variables.entry(&ask.into.value).or_insert(Variable::new(ask.into.span));
                variable.kind.get_or_insert_with(|| ask.kind.value.clone());
            }
            ActionKind::Record(record) => {
                let into = &record.into;
                let variable = variables.entry(&into.value).or_insert(Variable::new(into.span));
                variable.kind.get_or_insert(Type::Recording);
            }
            ActionKind::Survey(survey) => {
                for it in &survey.questions {
                    let variable =
                        variables.entry(&it.variable).or_insert(Variable::new(it.name.span));
                    (variable.kind, variable.optional) = (Some(Type::Number), true);
                }
            }
            ActionKind::Set(sets) => {
                for it in sets {
                    variables.entry(&it.name.value).or_insert(Variable::new(it.name.span));
                    assignments.push(it);
                }
            }
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Verify(_)
            | ActionKind::Say(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Conference(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
        }
    }
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, it) in assignments.iter().enumerate() {
        it.value.names(&mut |name, _, _| {
            if variables.get(&**name).is_some_and(|it| it.kind.is_none()) {
                waiting.entry(name).or_default().push(at);
            }
        });
    }
    let mut next: VecDeque<usize> = (0..assignments.len()).collect();
    while let Some(it) = next.pop_front().and_then(|at| assignments.get(at)) {
        let name: &str = &it.name.value;
        if variables.get(name).is_some_and(|it| it.kind.is_some()) {
            continue;
        }
        let mut faults = Vec::new();
        let kind = it.value.check(&|name| look_up(flow, &variables, name), &mut faults);
        if let (Some(kind), true) = (kind, faults.is_empty())
            && let Some(variable) = variables.get_mut(name)
        {
            variable.kind = Some(kind);
            next.extend(waiting.remove(name).unwrap_or_default());
        }
    }
    variables
}

fn expressions(flow: &Flow) -> Vec<WorkedOut<'_>> {
    let mut all = Vec::new();
    let mut add = |expr, role| all.push(WorkedOut { expr, role, kind: None });
    for field in &flow.context {
        add(&field.value, Role::Context);
    }
    for action in flow.steps.values().flat_map(|step| &step.actions) {
        expressions_of(action, &mut add);
    }
    all
}

/// Hands over every expression of one action and what it is for.
pub(in crate::flow) fn expressions_of<'a>(
    action: &'a Action,
    add: &mut dyn FnMut(&'a Expr, Role<'a>),
) {
    if let Some(when) = &action.when {
        add(when, Role::When);
    }
    match &action.kind {
        ActionKind::Say(say) => add(&say.value, Role::Say(say.kind.as_ref())),
        ActionKind::Set(sets) => {
            sets.iter().for_each(|it| add(&it.value, Role::Set(&it.name)));
        }
        ActionKind::If(fork) => add(&fork.condition, Role::If),
        ActionKind::Lookup(it) => {
            let lookup = &*it.lookup.value;
            for (parameter, value) in &it.with {
                add(value, Role::With { lookup, parameter });
            }
        }
        ActionKind::Verify(it) => {
            let lookup = &*it.against.value;
            for (parameter, value) in &it.with {
                add(value, Role::With { lookup, parameter });
            }
            add(&it.account, Role::Account);
        }
        ActionKind::Queue(queue) => {
            queue.priority.iter().for_each(|it| add(it, Role::Priority));
        }
        ActionKind::Transfer(transfer) => add(&transfer.to, Role::Transfer),
        ActionKind::Case(it) => it.with.iter().for_each(|(_, it)| add(it, Role::Case)),
        ActionKind::Callback(it) => add(&it.number, Role::Callback),
        ActionKind::Notify(it) => it.with.iter().for_each(|(_, it)| add(it, Role::Notify)),
        ActionKind::Run(run) => {
            run.with.iter().for_each(|(name, value)| add(value, Role::Input { run, name }));
        }
        ActionKind::Conference(it) => {
            add(&it.room, Role::Room);
            it.with.iter().for_each(|it| add(it, Role::Transfer));
        }
        ActionKind::Ask(ask) => {
            if let Some(it) = &ask.tests.between {
                add(&it.least, Role::Bound(&ask.kind));
                add(&it.most, Role::Bound(&ask.kind));
            }
        }
        ActionKind::Play(_)
        | ActionKind::Menu(_)
        | ActionKind::Goto(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Record(_)
        | ActionKind::Survey(_)
        | ActionKind::Return(_)
        | ActionKind::Hangup(_) => {}
    }
}

/// The prompts that one action speaks.
pub(in crate::flow) fn spoken(action: &Action) -> Vec<Spoken<'_>> {
    match &action.kind {
        ActionKind::Play(play) => play.prompts.iter().map(|it| one(it, action)).collect(),
        ActionKind::Menu(menu) => asked(&menu.prompt, &menu.patience, action),
        ActionKind::Ask(ask) => {
            let confirm = ask.confirm.iter().map(|it| one(&it.prompt, action));
            asked(&ask.prompt, &ask.patience, action).into_iter().chain(confirm).collect()
        }
        ActionKind::Verify(it) => asked(&it.prompt, &it.patience, action),
        ActionKind::Lookup(lookup) => lookup.meanwhile.iter().map(|it| one(it, action)).collect(),
        ActionKind::Hangup(prompt) => prompt.iter().map(|it| one(it, action)).collect(),
        ActionKind::Record(record) => {
            let review = record.review.iter();
            let review =
                review.flat_map(|it| [one(&it.prompt, action), unnamed("no-match", action)]);
            std::iter::once(one(&record.prompt, action)).chain(review).collect()
        }
        ActionKind::Survey(survey) => {
            let asked = survey.questions.iter().map(|it| one(&it.prompt, action));
            asked.chain(["no-input", "no-match"].map(|it| unnamed(it, action))).collect()
        }
        ActionKind::Conference(it) => it.announce.iter().map(|it| one(it, action)).collect(),
        ActionKind::Say(_)
        | ActionKind::Set(_)
        | ActionKind::If(_)
        | ActionKind::Goto(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Queue(_)
        | ActionKind::Transfer(_)
        | ActionKind::Case(_)
        | ActionKind::Callback(_)
        | ActionKind::Notify(_)
        | ActionKind::Run(_)
        | ActionKind::Return(_) => Vec::new(),
    }
}

fn one<'a>(it: &'a Spanned<Name>, action: &'a Action) -> Spoken<'a> {
    Spoken { name: &it.value, span: it.span, named: true, action }
}

/// What the language has for all flows.
const fn unnamed<'a>(name: &'a str, action: &'a Action) -> Spoken<'a> {
    Spoken { name, span: action.span, named: false, action }
}

/// What is asked, and what follows silence and a wrong answer: `no-input` and `no-match` of the language unless named.
fn asked<'a>(
    prompt: &'a Spanned<Name>,
    patience: &'a Patience,
    action: &'a Action,
) -> Vec<Spoken<'a>> {
    let or = |it: &'a Option<Spanned<Name>>, name| {
        it.as_ref().map_or_else(|| unnamed(name, action), |it| one(it, action))
    };
    vec![
        one(prompt, action),
        or(&patience.no_input, "no-input"),
        or(&patience.no_match, "no-match"),
    ]
}
