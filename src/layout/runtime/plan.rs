use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::layout::Fault;
use crate::layout::registry::space::SPACES;
use crate::layout::runtime::tree::Tree;
use crate::layout::{LaunchPlan, PlanView, Slot, Space, Total};

/// A finished layout of a [`RuntimeRegistry`].
pub struct RuntimePlan {
    tree: Tree,
    slots: Vec<Slot>,
    totals: [Total; SPACES],
    launch: LaunchPlan,
}

impl RuntimePlan {
    pub(in crate::layout) fn new(
        tree: Tree,
        slots: Vec<Slot>,
        totals: [Total; SPACES],
        launch: LaunchPlan,
    ) -> Self {
        RuntimePlan {
            tree,
            slots,
            totals,
            launch,
        }
    }

    /// The plan as every kind of plan can be seen; its `Display` is a table.
    pub fn view(&self) -> PlanView<'_> {
        PlanView {
            root: self.tree.root(),
            slots: &self.slots,
            totals: self.totals,
            launch: self.launch,
        }
    }

    /// The enabled buffer with this full name, or the fault with the nearest names.
    pub fn get(&self, name: &str) -> Result<&Slot, Box<Fault>> {
        Ok(self.view().get(name)?)
    }

    /// The total of one space.
    pub fn total(&self, space: Space) -> Total {
        self.totals[space as usize]
    }

    /// Takes over what is known of a space from a plan that is the same there.
    pub(in crate::layout) fn keep_total(&mut self, space: Space, total: Total) {
        self.totals[space as usize] = total;
    }

    /// The launch.
    pub fn launch(&self) -> LaunchPlan {
        self.launch
    }

    /// The slots, to be changed **without any check**: for experiments with deliberately wrong plans. [`verify`](crate::layout::verify())
    /// says what such a plan breaks.
    pub fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots
    }
}

impl fmt::Debug for RuntimePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.view(), f)
    }
}

impl PartialEq for RuntimePlan {
    fn eq(&self, other: &Self) -> bool {
        (&self.slots, self.totals, self.launch) == (&other.slots, other.totals, other.launch)
    }
}
