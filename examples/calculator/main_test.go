package main

import (
	"errors"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, test := range []struct {
		summary   string
		arguments []string
		input     string
		status    int
		output    string
		errors    string
	}{
		{summary: "one argument", arguments: []string{"2 + 3"}, output: "5\n"},
		{summary: "an expression in several arguments", arguments: []string{"2", "+", "3"}, output: "5\n"},
		{summary: "a minus sign is not a flag", arguments: []string{"-2", "*", "3"}, output: "-6\n"},
		{summary: "arguments before input", arguments: []string{"1"}, input: "2\n", output: "1\n"},
		{summary: "an empty argument", arguments: []string{""}, status: 1, errors: "error: the expression ends too early\n"},
		{summary: "a bad argument", arguments: []string{"1 / 0"}, status: 1, errors: "error: division by zero\n"},
		{summary: "lines of input", input: "2 + 3\r\n\n(1 + 1) * 4", output: "5\n8\n"},
		{summary: "no input", input: ""},
		{
			summary: "a bad line names itself and the others are still answered",
			input:   "1 + 1\n1 +\n3 * 3\n", status: 1,
			output: "2\n9\n", errors: "error: line 2: the expression ends too early\n",
		},
		{
			summary: "a line too long to read",
			input:   strings.Repeat("1", 100_000), status: 1,
			errors: "error: cannot read the input: bufio.Scanner: token too long\n",
		},
	} {
		t.Run(test.summary, func(t *testing.T) {
			var output, errors strings.Builder
			status := run(test.arguments, strings.NewReader(test.input), &output, &errors)
			if status != test.status || output.String() != test.output || errors.String() != test.errors {
				t.Errorf("got %d, %q, %q", status, output.String(), errors.String())
			}
		})
	}
}

func TestAnswerThatCannotBeWritten(t *testing.T) {
	var messages strings.Builder
	if status := run([]string{"1"}, strings.NewReader(""), full{}, &messages); status != 1 {
		t.Errorf("got status %d", status)
	}
	if want := "error: cannot write the answer: no space left\n"; messages.String() != want {
		t.Errorf("got %q", messages.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
