//! Plans of run-time registries.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::layout::Fault;
use crate::layout::registry::space::SPACES;
use crate::layout::runtime::tree::Tree;
use crate::layout::{LaunchPlan, PlanView, Slot, Space, Total};

/// A finished layout of a [`RuntimeRegistry`](crate::layout::RuntimeRegistry).
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

    /// The plan as a view. All kinds of plan have such a view; its `Display` writes a table.
    pub fn view(&self) -> PlanView<'_> {
        PlanView {
            root: self.tree.root(),
            slots: &self.slots,
            totals: self.totals,
            launch: self.launch,
        }
    }

    /// The enabled buffer with this full name.
    ///
    /// # Errors
    /// [`Code::UnknownName`](crate::layout::Code::UnknownName) if no buffer has this name; the text gives the nearest
    /// names. [`Code::Disabled`](crate::layout::Code::Disabled) if the buffer is switched off.
    pub fn get(&self, name: &str) -> Result<&Slot, Box<Fault>> {
        Ok(self.view().get(name)?)
    }

    /// The total of one space.
    pub fn total(&self, space: Space) -> Total {
        self.totals[space as usize]
    }

    /// Copies the total of a space from a plan that is the same in this space.
    pub(in crate::layout) fn keep_total(&mut self, space: Space, total: Total) {
        self.totals[space as usize] = total;
    }

    /// What a launch needs to know.
    pub fn launch(&self) -> LaunchPlan {
        self.launch
    }

    /// The slots, to be changed **without any check**. This is for experiments with plans that are wrong on purpose.
    /// [`verify`](crate::layout::verify()) says what is wrong with such a plan.
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
