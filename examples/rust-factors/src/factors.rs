//! The prime factors of a number, by trial division.

/// Smallest first. 0 and 1 have none.
pub fn factors(mut number: u64) -> Vec<u64> {
    let mut found = Vec::new();
    if number < 2 {
        return found;
    }
    let mut divisor = 2;
    while divisor <= number / divisor {
        while number % divisor == 0 {
            found.push(divisor);
            number /= divisor;
        }
        divisor += if divisor == 2 { 1 } else { 2 };
    }
    if number > 1 {
        found.push(number);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::factors;

    #[test]
    fn multiply_to_the_number() {
        for number in 2..10_000 {
            assert_eq!(factors(number).iter().product::<u64>(), number);
        }
    }

    #[test]
    fn of_primes_are_themselves() {
        for prime in [2, 3, 65_537, 4_294_967_291] {
            assert_eq!(factors(prime), [prime]);
        }
    }
}
