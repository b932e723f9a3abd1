package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// jsonStream writes {"name":[…]} element by element.
type jsonStream struct {
	out   io.Writer
	count int
}

func (s *jsonStream) open(name string) error {
	_, err := fmt.Fprintf(s.out, "{%q:[", name)
	return err
}

func (s *jsonStream) add(element any) error {
	text, err := json.Marshal(element)
	if err != nil {
		return err
	}
	separator := ",\n"
	if s.count == 0 {
		separator = "\n"
	}
	s.count++
	_, err = fmt.Fprintf(s.out, "%s%s", separator, text)
	return err
}

func (s *jsonStream) close() error {
	_, err := io.WriteString(s.out, "\n]}\n")
	return err
}
