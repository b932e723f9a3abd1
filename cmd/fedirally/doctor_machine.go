package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"fedirally/leaderboard/ledger"
)

// checkFiles looks at who may read the files of a SQLite ledger.
func (d *doctor) checkFiles() {
	database, found := ledger.SQLiteFile(d.databaseURL)
	if !found || database == "" || runtime.GOOS == "windows" { // where rights are another matter
		return
	}
	for _, file := range []string{database, database + "-wal", secretsFile(database)} {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			d.note(failure, "rights of "+file, reasonOf(err), "let the server's user reach it")
		case info.Mode().Perm()&0o077 != 0:
			result := warning
			if file == secretsFile(database) {
				result = failure // the server does not start
			}
			d.note(result, "rights of "+file, fmt.Sprintf("%s: others than its owner can use it", info.Mode().Perm()), "chmod 600 "+file)
		default:
			d.note(good, "rights of "+file, info.Mode().Perm().String(), "")
		}
	}
	folder := filepath.Dir(database)
	if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		d.note(warning, "rights of "+folder, "anybody on this machine can put files into it", "chmod o-w "+folder)
	}
}

// reasonOf is an error without the path, which stands before it already.
func reasonOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Below these, little is left and hardly anything.
const (
	littleDisk  = 1 << 30
	hardlyDisk  = 100 << 20
	littleShare = 10 // percent
)

// checkDisk looks at what is free beside a SQLite file.
func (d *doctor) checkDisk() {
	const check = "disk"
	database, found := ledger.SQLiteFile(d.databaseURL)
	if !found {
		d.note(good, check, "the ledger lies with PostgreSQL, whose disk cannot be seen from here", "")
		return
	}
	free, whole, err := diskSpace(filepath.Dir(database))
	if err != nil {
		d.note(warning, check, "how much is free is not known: "+reasonOf(err), "")
		return
	}
	result, consult := judgeDisk(free, whole)
	d.note(result, check, fmt.Sprintf("%s of %s are free (%d%%)", bytesText(free), bytesText(whole), free*100/max(whole, 1)), consult)
}

func judgeDisk(free, whole uint64) (verdict, string) {
	switch {
	case free < hardlyDisk:
		return failure, "make room: without it no notice can be recorded"
	case free < littleDisk || free*100/max(whole, 1) < littleShare:
		return warning, "make room before it is full"
	}
	return good, ""
}

// bytesText writes bytes for people.
func bytesText(bytes uint64) string {
	if bytes < 10<<30 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%d GB", bytes>>30)
}

// checkDescriptors looks at how many files the server may have open. Where there
// is none to ask, it is this process that is looked at.
func (d *doctor) checkDescriptors() {
	const check = "open files"
	limit, known := descriptorLimit()
	whose := "a program that is started here"
	if d.beside != nil && d.beside.about.Descriptors > 0 {
		limit, known, whose = d.beside.about.Descriptors, true, "the server"
	}
	switch {
	case !known:
		d.note(good, check, "this system sets no limit that can be read", "")
	case limit < wantedDescriptors:
		d.note(warning, check, fmt.Sprintf("%s may have %d, so that %d visitors can watch a board move; %d are enough for all",
			whose, limit, streamsWithin(limit), wantedDescriptors), raiseDescriptors)
	default:
		d.note(good, check, fmt.Sprintf("%s may have %d", whose, limit), "")
	}
}
