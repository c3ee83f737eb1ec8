// Command calculator works out arithmetic: `calculator '2 + 3'`, or one expression a line on standard input.
//
// It writes through os and io instead of fmt, whose reflection would make the finished program a sixth larger.
package main

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"calculator/calc"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run answers the expression in the arguments or, without arguments, every line of input.
// It returns the exit status: 0, or 1 when something could not be worked out.
func run(arguments []string, input io.Reader, output, errors io.Writer) int {
	if len(arguments) > 0 {
		return answer(strings.Join(arguments, " "), "", output, errors)
	}
	status := 0
	lines := bufio.NewScanner(input)
	for number := 1; lines.Scan(); number++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if answer(lines.Text(), "line "+strconv.Itoa(number)+": ", output, errors) != 0 {
			status = 1
		}
	}
	if err := lines.Err(); err != nil {
		io.WriteString(errors, "error: cannot read the input: "+err.Error()+"\n")
		return 1
	}
	return status
}

func answer(expression, place string, output, errors io.Writer) int {
	value, err := calc.Evaluate(expression)
	if err != nil {
		io.WriteString(errors, "error: "+place+err.Error()+"\n")
		return 1
	}
	if _, err := io.WriteString(output, calc.Format(value)+"\n"); err != nil {
		io.WriteString(errors, "error: cannot write the answer: "+err.Error()+"\n")
		return 1
	}
	return 0
}
