//! The order conditions of Rosenbrock and W-methods: E. Hairer, G. Wanner, *Solving ODEs II*, section IV.7.

use crate::common::double_double::Double;
use crate::common::rooted_trees::Tree;

type Matrix = Vec<Vec<Double>>;

fn times(matrix: &Matrix, vector: &[Double]) -> Vec<Double> {
    let row = |row: &Vec<Double>| {
        let terms = row.iter().zip(vector).map(|(&a, &b)| a * b);
        terms.fold(Double::from(0.0), |sum, term| sum + term)
    };
    matrix.iter().map(row).collect()
}

fn product(factors: &[&Vec<Double>], stages: usize) -> Vec<Double> {
    let factor = |stage| {
        let factors = factors.iter().map(|factor: &&Vec<Double>| factor[stage]);
        factors.fold(Double::from(1.0), |a, b| a * b)
    };
    (0..stages).map(factor).collect()
}

/// `(α_ij)` and `(γ_ij)` of a method with the coefficients of the variables `u_i`.
pub fn transformed_back(a: &[&[f64]], c: &[&[f64]], alpha: &[f64], gamma: f64) -> (Matrix, Matrix) {
    let count = alpha.len();
    let zero = Double::from(0.0);
    // Γ = γ (I + C Γ), row by row
    let mut gammas: Matrix = Vec::new();
    for (stage, row) in c.iter().enumerate() {
        let entry = |column: usize| {
            let unit = Double::from(if stage == column { 1.0 } else { 0.0 });
            let terms = row.iter().zip(&gammas);
            let sum = terms.fold(unit, |sum, (&c, above)| {
                sum + Double::from(c) * above[column]
            });
            sum * gamma.into()
        };
        let new = (0..count).map(entry).collect();
        gammas.push(new);
    }
    let row = |row: &&[f64]| {
        let entry = |column: usize| {
            let terms = row.iter().zip(&gammas);
            terms.fold(zero, |sum, (&a, gammas)| {
                sum + Double::from(a) * gammas[column]
            })
        };
        (0..count).map(entry).collect()
    };
    (a.iter().map(row).collect(), gammas)
}

/// `Φ_i` of every tree with the exact Jacobian: a node with one child takes `β = α + Γ`, one with more takes `α`.
pub fn classical(trees: &[Tree], alpha: &Matrix, gamma: &Matrix) -> Vec<Vec<Double>> {
    let add = |(a, b): (&Vec<Double>, &Vec<Double>)| {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| a + b).collect()
    };
    let beta: Matrix = alpha.iter().zip(gamma).map(add).collect();
    let mut weights: Vec<Vec<Double>> = Vec::new();
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for tree in trees {
        let phi = match tree.subtrees[..] {
            [only] => Vec::clone(&alone[only]),
            ref more => {
                let factors: Vec<_> = more.iter().map(|&subtree| &beside[subtree]).collect();
                product(&factors, alpha.len())
            }
        };
        alone.push(times(&beta, &phi));
        beside.push(times(alpha, &phi));
        weights.push(phi);
    }
    weights
}

/// A tree of the conditions for any matrix in the place of the Jacobian. A node with one child may be fat: that matrix,
/// by `γ_ij`.
pub struct WTree {
    pub order: usize,
    /// `None` with a fat node: then the weights must vanish.
    pub density: Option<f64>,
    pub phi: Vec<Double>,
}

/// The trees of up to `most` nodes, in ascending order of their numbers of nodes.
pub fn w_trees(alpha: &Matrix, gamma: &Matrix, most: usize) -> Vec<WTree> {
    let mut trees = vec![WTree {
        order: 1,
        density: Some(1.0),
        phi: vec![Double::from(1.0); alpha.len()],
    }];
    let mut inner = vec![times(alpha, &trees[0].phi)];
    for order in 2..=most {
        let mut forests = Vec::new();
        fill(
            &trees,
            order - 1,
            trees.len(),
            &mut Vec::new(),
            &mut forests,
        );
        for forest in forests {
            let mut densities = forest.iter().map(|&tree| trees[tree].density);
            let density =
                densities.try_fold(order as f64, |product, density| Some(product * density?));
            let factors: Vec<_> = forest.iter().map(|&tree| &inner[tree]).collect();
            let phi = product(&factors, alpha.len());
            let mut new = vec![WTree {
                order,
                density,
                phi,
            }];
            if let [only] = forest[..] {
                new.push(WTree {
                    order,
                    density: None,
                    phi: times(gamma, &trees[only].phi),
                });
            }
            for tree in new {
                inner.push(times(alpha, &tree.phi));
                trees.push(tree);
            }
        }
    }
    trees
}

/// Every way to make a forest of `nodes` nodes of trees below number `bound`.
fn fill(
    trees: &[WTree],
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
