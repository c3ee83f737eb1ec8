// Package calc works out arithmetic expressions with + - * / and parentheses, in 64-bit floating point.
//
//	expression = term   { ( "+" | "-" ) term }
//	term       = factor { ( "*" | "/" ) factor }
//	factor     = "-" factor | "(" expression ")" | number
//	number     = digits [ "." [ digits ] ] | "." digits
//
// The parser is that grammar written down: one function a rule, each returning the value of what it has read.
package calc

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// Nesting is bounded so that a line of a million parentheses is an error and not a full stack.
const maxDepth = 1000

// Evaluate returns the value of an expression.
func Evaluate(expression string) (float64, error) {
	p := &parser{text: expression}
	value, err := p.expression()
	if err != nil {
		return 0, err
	}
	if p.peek(); !p.atEnd() {
		return 0, p.unexpected()
	}
	return value, nil
}

// Format writes a value the way people do: 15 significant digits, which is what a float64 can promise,
// so that 0.1 + 0.2 is 0.3.
func Format(value float64) string {
	if value == 0 {
		return "0" // Negative zero as well.
	}
	return strconv.FormatFloat(value, 'g', 15, 64)
}

type parser struct {
	text  string
	at    int // Offset of the next byte to read.
	depth int // Open parentheses and minus signs around it.
}

func (p *parser) expression() (float64, error) {
	left, err := p.term()
	for err == nil && (p.peek() == '+' || p.peek() == '-') {
		left, err = p.operation(left, p.term)
	}
	return left, err
}

func (p *parser) term() (float64, error) {
	left, err := p.factor()
	for err == nil && (p.peek() == '*' || p.peek() == '/') {
		left, err = p.operation(left, p.factor)
	}
	return left, err
}

// operation reads an operator and what stands to its right.
func (p *parser) operation(left float64, operand func() (float64, error)) (float64, error) {
	operator := p.peek()
	p.at++
	right, err := operand()
	if err != nil {
		return 0, err
	}
	switch operator {
	case '+':
		return finite(left + right)
	case '-':
		return finite(left - right)
	case '*':
		return finite(left * right)
	}
	if right == 0 {
		return 0, errors.New("division by zero")
	}
	return finite(left / right)
}

func (p *parser) factor() (float64, error) {
	if p.depth++; p.depth > maxDepth {
		return 0, errors.New("the expression is nested too deeply")
	}
	defer func() { p.depth-- }()

	switch p.peek() {
	case '-':
		p.at++
		value, err := p.factor()
		return -value, err
	case '(':
		return p.parenthesis()
	}
	return p.number()
}

func (p *parser) parenthesis() (float64, error) {
	opened := p.at
	p.at++
	value, err := p.expression()
	if err != nil {
		return 0, err
	}
	if p.peek() == ')' {
		p.at++
		return value, nil
	}
	if p.atEnd() {
		return 0, errors.New("the parenthesis at position " + position(opened) + " is never closed")
	}
	return 0, p.unexpected()
}

func (p *parser) number() (float64, error) {
	start := p.at
	for !p.atEnd() && (p.text[p.at] == '.' || '0' <= p.text[p.at] && p.text[p.at] <= '9') {
		p.at++
	}
	if start == p.at {
		return 0, p.unexpected()
	}
	digits := p.text[start:p.at]
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errors.New(strconv.Quote(digits) + " at position " + position(start) + " is not a number")
	}
	return finite(value) // A number out of range comes back as infinity.
}

// peek skips blanks and returns the next byte without reading it; 0, which no expression has, at the end.
func (p *parser) peek() byte {
	for ; !p.atEnd(); p.at++ {
		if next := p.text[p.at]; next != ' ' && next != '\t' && next != '\r' {
			return next
		}
	}
	return 0
}

func (p *parser) atEnd() bool { return p.at == len(p.text) }

func (p *parser) unexpected() error {
	if p.atEnd() {
		return errors.New("the expression ends too early")
	}
	letter, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return errors.New("unexpected " + strconv.QuoteRune(letter) + " at position " + position(p.at))
}

func finite(value float64) (float64, error) {
	if math.IsInf(value, 0) {
		return 0, errors.New("the result is too large")
	}
	return value, nil
}

// Positions are told from 1, as people count.
func position(offset int) string { return strconv.Itoa(offset + 1) }
