package simtest

import (
	"fmt"
	"hash"
	"io"
	"strings"
)

// story is what has happened: all of it as a number, the end of it as text.
type story struct {
	hash  hash.Hash64
	lines []string
	// tell, if set, is told each line.
	tell func(string)
}

const keptLines = 60

// say adds a line to the story.
func (s *simulation) say(format string, args ...any) {
	line := fmt.Sprintf("%3d %s %s%s", s.step, s.clock.now().Format("01-02 15:04:05.000000"), strings.Repeat("| ", s.deep), fmt.Sprintf(format, args...))
	_, _ = io.WriteString(s.story.hash, line+"\n")
	if s.story.lines = append(s.story.lines, line); len(s.story.lines) > 2*keptLines {
		s.story.lines = append(s.story.lines[:0], s.story.lines[keptLines:]...)
	}
	if s.story.tell != nil {
		s.story.tell(line)
	}
}

// ending is the last lines of the story.
func (s *simulation) ending() string {
	return strings.Join(s.story.lines[max(0, len(s.story.lines)-keptLines):], "\n")
}
