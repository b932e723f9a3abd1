package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// MinSecret is the least number of bytes of FEDIRALLY_SECRET.
const MinSecret = 16

// vault seals personal data with AES-256-GCM. The table and row that data
// belongs to are authenticated with it, so that it cannot be laid elsewhere.
type vault struct {
	data        cipher.AEAD // seals rows
	wrap        cipher.AEAD // seals the donor key
	fingerprint string
	random      io.Reader
	// donorKey makes the tags by which donors are recognized. It is drawn once
	// for a database, so that a new secret changes no tag.
	donorKey []byte
}

var errSealed = errors.New("sealed data cannot be opened: it was changed, or laid into another row")

func newVault(secret []byte, random io.Reader) (*vault, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("FEDIRALLY_SECRET has %d bytes, at least %d are needed (try: openssl rand -base64 32)", len(secret), MinSecret)
	}
	v := &vault{random: random}
	for purpose, aead := range map[string]*cipher.AEAD{"rows": &v.data, "donor key": &v.wrap} {
		key, err := derive(secret, purpose, 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("making the cipher: %w", err)
		}
		if *aead, err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("making the cipher: %w", err)
		}
	}
	mark, err := derive(secret, "fingerprint", 16)
	if err != nil {
		return nil, err
	}
	v.fingerprint = hex.EncodeToString(mark)
	return v, nil
}

func derive(secret []byte, purpose string, size int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, []byte("fedirally"), "fedirally v1 "+purpose, size)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return key, nil
}

// seal encrypts data for one row of a table.
func (v *vault) seal(table, row string, data []byte) ([]byte, error) {
	return sealWith(v.data, v.random, table+"|"+row, data)
}

// open is the reverse of seal.
func (v *vault) open(table, row string, sealed []byte) ([]byte, error) {
	return openWith(v.data, table+"|"+row, sealed)
}

func sealWith(aead cipher.AEAD, random io.Reader, place string, data []byte) ([]byte, error) {
	sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(data)+aead.Overhead())
	if _, err := io.ReadFull(random, sealed); err != nil {
		return nil, fmt.Errorf("drawing a random number: %w", err)
	}
	return aead.Seal(sealed, sealed, data, []byte(place)), nil
}

func openWith(aead cipher.AEAD, place string, sealed []byte) ([]byte, error) {
	if len(sealed) < aead.NonceSize() {
		return nil, errSealed
	}
	data, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(place))
	if err != nil {
		return nil, errSealed
	}
	return data, nil
}

// tag is the keyed hash of something that must be recognized and not be read.
func (v *vault) tag(purpose, text string) []byte {
	mac := hmac.New(sha256.New, v.donorKey)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func rowName(id int64) string { return strconv.FormatInt(id, 10) }
