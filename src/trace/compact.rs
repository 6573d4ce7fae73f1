//! Removes from a finished graph what nothing needs.

use super::graph::{Action, Graph, Id, Node, Turns};

/// By node: whether its value is used where `outputs` are written.
pub(crate) fn live(graph: &Graph, outputs: impl Iterator<Item = Id>) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    let mut todo: Vec<Id> = outputs.collect();
    for action in &graph.actions {
        if let Action::Store { mask, value, .. } = action {
            todo.extend([*mask, *value]);
        }
    }
    for one in &graph.loops {
        match one.turns {
            Turns::Each(_) => {
                todo.extend(
                    one.carries
                        .iter()
                        .flat_map(|carry| [carry.start, carry.next]),
                );
            }
            Turns::While { running, .. } => todo.push(running),
        }
    }
    while let Some(id) = todo.pop() {
        if std::mem::replace(&mut live[id as usize], true) {
            continue;
        }
        let (node, _) = &graph.nodes[id as usize];
        todo.extend(node.arguments());
        match *node {
            Node::Inside { of, value } => {
                let carry = graph.loops[of].carries[value];
                todo.extend([carry.start, carry.next]);
            }
            // the body is executed at least once, so its start need not be live
            Node::Carried { of, value } => todo.push(graph.loops[of].carries[value].next),
            _ => {}
        }
    }
    live
}

impl Graph {
    /// Whether a carried value is the same at each turn.
    pub(crate) fn stays(&self, of: usize, value: usize) -> bool {
        let (one, carry) = (&self.loops[of], &self.loops[of].carries[value]);
        !one.is_sweep() && carry.next == carry.inside
    }

    /// By loop and carried value: whether the body or the code after the loop uses it.
    pub(crate) fn carried(&self, live: &[bool]) -> Vec<Vec<bool>> {
        let mut used: Vec<Vec<bool>> = self
            .loops
            .iter()
            .map(|one| {
                let inside = one.carries.iter().map(|carry| live[carry.inside as usize]);
                inside.map(|live| live || one.is_sweep()).collect()
            })
            .collect();
        for ((node, _), live) in self.nodes.iter().zip(live) {
            if let Node::Carried { of, value } = *node
                && *live
            {
                used[of][value] = true;
            }
        }
        used
    }

    /// The graph without the values of dropped recordings and, where it has data-dependent loops, without those that
    /// nothing needs: such loops carry all register elements at first.
    pub(crate) fn compact(mut self) -> Graph {
        if self.loops.is_empty() {
            return self;
        }
        if !self.loops.iter().all(|one| one.is_sweep()) {
            if let Some(fault) = self.fault {
                return Graph {
                    fault: Some(fault),
                    ..Graph::default()
                };
            }
            self.prune();
        }
        let mut number = vec![Id::MAX; self.nodes.len()];
        let mut kept: Vec<Id> = Vec::new();
        for action in &self.actions {
            if let Action::Define(id) = action {
                number[*id as usize] = kept.len() as Id;
                kept.push(*id);
            }
        }
        // a faulty program may use a value that is gone
        let new = |id: Id| number[id as usize].min((kept.len() as Id).saturating_sub(1));
        let node = |id: &Id| {
            let (node, kind) = &self.nodes[*id as usize];
            (node.map(&new), *kind)
        };
        self.nodes = kept.iter().map(node).collect();
        for action in &mut self.actions {
            match action {
                Action::Define(id) => *id = new(*id),
                Action::Store { mask, value, .. } => (*mask, *value) = (new(*mask), new(*value)),
                Action::Check(..) | Action::Open(_) | Action::Close(_) => {}
            }
        }
        for (_, id) in &mut self.outputs {
            *id = new(*id);
        }
        for one in &mut self.loops {
            if let Turns::While { running, .. } = &mut one.turns {
                *running = new(*running);
            }
            for carry in &mut one.carries {
                for id in [&mut carry.start, &mut carry.inside, &mut carry.next] {
                    *id = new(*id);
                }
            }
        }
        self
    }

    fn prune(&mut self) {
        let mut keep = live(self, self.outputs.iter().map(|(_, id)| *id));
        let used = self.carried(&keep);
        let mut number: Vec<Vec<usize>> = Vec::new();
        for (one, used) in self.loops.iter_mut().zip(&used) {
            // its register has the number of this node
            for (carry, _) in one.carries.iter().zip(used).filter(|(_, used)| **used) {
                keep[carry.inside as usize] = true;
            }
            let mut kept = 0;
            let new = |used: &bool| {
                kept += usize::from(*used);
                kept.saturating_sub(1)
            };
            number.push(used.iter().map(new).collect());
            let mut used = used.iter();
            one.carries.retain(|_| used.next() == Some(&true));
        }
        self.actions
            .retain(|action| !matches!(action, Action::Define(id) if !keep[*id as usize]));
        for ((node, _), keep) in self.nodes.iter_mut().zip(keep) {
            if let Node::Inside { of, value } | Node::Carried { of, value } = node
                && keep
            {
                *value = number[*of][*value];
            }
        }
    }
}
