package calc

import (
	"math"
	"os"
	"strings"
	"testing"
)

func TestExpressions(t *testing.T) {
	table, err := os.ReadFile("../expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		expression, want, found := strings.Cut(line, " | ")
		if !found {
			t.Fatalf("a row without an answer: %q", line)
		}
		if got := outcome(expression); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
		rows++
	}
	if rows != 20 {
		t.Errorf("the table has %d rows, the demo promises 20", rows)
	}
}

func TestBadInput(t *testing.T) {
	for expression, want := range map[string]string{
		"":                       "the expression ends too early",
		"   ":                    "the expression ends too early",
		"2 3":                    "unexpected '3' at position 3",
		"2 +* 3":                 "unexpected '*' at position 4",
		"(1 + 2":                 "the parenthesis at position 1 is never closed",
		"1 + 2)":                 "unexpected ')' at position 6",
		"(1 2)":                  "unexpected '2' at position 4",
		"()":                     "unexpected ')' at position 2",
		"1.2.3":                  `"1.2.3" at position 1 is not a number`,
		"1 + .":                  `"." at position 5 is not a number`,
		"2 × 3":                  "unexpected '×' at position 3",
		"2\x003":                 `unexpected '\x00' at position 2`,
		"1 / (2 - 2)":            "division by zero",
		"1 / -0":                 "division by zero",
		strings.Repeat("9", 400): "the result is too large",
		strings.Repeat("9", 300) + "*" + strings.Repeat("9", 300): "the result is too large",
		strings.Repeat("(", 1_000_000):                            "the expression is nested too deeply",
		strings.Repeat("-", 1_000_000):                            "the expression is nested too deeply",
	} {
		if got := outcome(expression); got != "error: "+want {
			t.Errorf("%.40q: got %q, want %q", expression, got, "error: "+want)
		}
	}
}

func TestFormat(t *testing.T) {
	for want, value := range map[string]float64{
		"0":                0 * -1.0,
		"100000":           100000,
		"123456789012345":  123456789012345,
		"1e+15":            1e15,
		"1.5e-07":          0.00000015,
		"-2.5":             -2.5,
		"3.33333333333333": 10.0 / 3,
	} {
		if got := Format(value); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzEvaluate looks for input that panics. Run it with `go test -fuzz=FuzzEvaluate ./calc`.
func FuzzEvaluate(f *testing.F) {
	for _, expression := range []string{"2 + 3", "-(1.5)/0", "((", "1e5", "\xff"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		value, err := Evaluate(expression)
		if err == nil && math.IsNaN(value) {
			t.Errorf("%q is not a number", expression)
		}
	})
}

func outcome(expression string) string {
	value, err := Evaluate(expression)
	if err != nil {
		return "error: " + err.Error()
	}
	return Format(value)
}
