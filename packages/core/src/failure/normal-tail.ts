/** Half of ln 2π. */
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** From here on the fraction converges fast, and 1 − Φ would lose digits. */
const TAIL_FROM = 3;
const FRACTION_TERMS = 100;

/**
 * log10 of the chance that a standard normal variable exceeds `z`; exact far out too, where the chance itself is
 * smaller than any double. Never above 0. By the series of Marsaglia (2004, "Evaluating the Normal Distribution") in
 * the middle and by Laplace's continued fraction in the tail.
 */
export function log10NormalTail(z: number): number {
  if (z < 0) return Math.log1p(-(10 ** log10NormalTail(-z))) * Math.LOG10E;
  if (z < TAIL_FROM) return Math.log10(0.5 - massFromZeroTo(z));
  return (-0.5 * z * z - HALF_LOG_TWO_PI - Math.log(inverseMillsRatio(z))) * Math.LOG10E;
}

/** Φ(z) − 1/2 = φ(z) · (z + z³/3 + z⁵/(3·5) + …). */
function massFromZeroTo(z: number): number {
  let term = z;
  let sum = z;
  let before = 0;
  for (let odd = 3; sum !== before; odd += 2) {
    before = sum;
    term *= (z * z) / odd;
    sum += term;
  }
  return sum * Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI);
}

/** φ(z) / (1 − Φ(z)) = z + 1/(z + 2/(z + 3/(z + …))). */
function inverseMillsRatio(z: number): number {
  let fraction = z;
  for (let term = FRACTION_TERMS; term >= 1; term--) fraction = z + term / fraction;
  return fraction;
}
