//! Rooted trees and the order conditions that they stand for: E. Hairer, S. P. Nørsett, G. Wanner, *Solving ODEs I*,
//! section II.2.

use super::double_double::Double;

/// A rooted tree, by the numbers of its subtrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub subtrees: Vec<usize>,
    pub order: usize,
    /// γ, the product of the orders of all subtrees, itself included.
    pub density: f64,
}

/// All trees up to an order, smaller ones first. The subtrees of a tree never ascend in number, so each tree is there
/// once.
pub fn trees(most: usize) -> Vec<Tree> {
    let leaf = Tree {
        subtrees: Vec::new(),
        order: 1,
        density: 1.0,
    };
    let mut trees = vec![leaf];
    for order in 2..=most {
        let known = trees.len();
        let mut new = Vec::new();
        fill(&trees, order - 1, known, &mut Vec::new(), &mut new);
        for subtrees in new {
            let density: f64 = subtrees.iter().map(|&t| trees[t].density).product();
            trees.push(Tree {
                subtrees,
                order,
                density: density * order as f64,
            });
        }
    }
    trees
}

/// Every way to make a forest of `nodes` nodes of trees below number `bound`.
fn fill(
    trees: &[Tree],
    nodes: usize,
    bound: usize,
    forest: &mut Vec<usize>,
    out: &mut Vec<Vec<usize>>,
) {
    if nodes == 0 {
        out.push(forest.clone());
        return;
    }
    for tree in 0..bound {
        if trees[tree].order <= nodes {
            forest.push(tree);
            fill(trees, nodes - trees[tree].order, tree + 1, forest, out);
            forest.pop();
        }
    }
}

/// `Φ_i` of every tree, for each stage: `Σ_i b_i Φ_i(tree) = θ^order / γ(tree)` is the condition for weights `b`.
pub fn elementary_weights(trees: &[Tree], a: &[Vec<f64>]) -> Vec<Vec<Double>> {
    let mut weights: Vec<Vec<Double>> = Vec::new();
    // A Φ of every tree
    let mut inner: Vec<Vec<Double>> = Vec::new();
    for tree in trees {
        let mut phi = vec![Double::from(1.0); a.len()];
        for &subtree in &tree.subtrees {
            for (value, factor) in phi.iter_mut().zip(&inner[subtree]) {
                *value = *value * *factor;
            }
        }
        let row = |row: &Vec<f64>| {
            let terms = row.iter().zip(&phi).map(|(&a, &phi)| Double::from(a) * phi);
            terms.fold(Double::from(0.0), |sum, term| sum + term)
        };
        inner.push(a.iter().map(row).collect());
        weights.push(phi);
    }
    weights
}
