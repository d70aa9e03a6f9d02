package attempt

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// Rounds that a server may ask for: RFC 7677 section 4 wants 4096 at least;
// more than the most keeps us busy for seconds.
const (
	minRounds = 4096
	maxRounds = 1_000_000
)

// beginSCRAM is SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677):
// the password is not said, and the server has to show that it knows it. User
// and password are printable ASCII, which SASLprep leaves as it is.
func beginSCRAM(l Login, nonce string) (exchange, error) {
	bare := "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(l.User) + ",r=" + nonce
	first := "n,," + bare
	var proof, signature []byte
	shown := false
	return exchange{
		first: &first,
		next: func(challenge []byte) ([]byte, error) {
			switch {
			case proof == nil:
				final, sum, err := answerSCRAM(l.Password.Reveal(), bare, nonce, string(challenge))
				proof, signature = final, sum
				return final, err
			case !shown:
				v, ok := strings.CutPrefix(string(challenge), "v=")
				sum, err := base64.StdEncoding.DecodeString(v)
				if shown = ok && err == nil && subtle.ConstantTimeCompare(sum, signature) == 1; !shown {
					return nil, errors.New("the server does not know the password")
				}
				return nil, nil
			}
			return unexpected(nil)
		},
		done: func() error {
			if !shown {
				return errors.New("the server did not show that it knows the password")
			}
			return nil
		},
	}, nil
}

// answerSCRAM gives the client's last message, and the signature that the
// server has to show (RFC 5802 section 3).
func answerSCRAM(password, bare, nonce, challenge string) (final, signature []byte, err error) {
	parts := strings.Split(challenge, ",")
	if len(parts) < 3 || !strings.HasPrefix(parts[0], "r="+nonce) || len(parts[0]) == len("r="+nonce) {
		return nil, nil, errors.New("the server's challenge is not ours")
	}
	coded, isSalt := strings.CutPrefix(parts[1], "s=")
	count, isCount := strings.CutPrefix(parts[2], "i=")
	salt, err := base64.StdEncoding.DecodeString(coded)
	rounds, wrong := strconv.Atoi(count)
	if !isSalt || !isCount || err != nil || wrong != nil || len(salt) == 0 || rounds < minRounds || rounds > maxRounds {
		return nil, nil, errors.New("the server's challenge cannot be answered")
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return nil, nil, err
	}
	key := mac(salted, "Client Key")
	stored := sha256.Sum256(key)
	without := "c=biws," + parts[0]
	signed := bare + "," + challenge + "," + without
	proof := make([]byte, len(key))
	subtle.XORBytes(proof, key, mac(stored[:], signed))
	return []byte(without + ",p=" + base64.StdEncoding.EncodeToString(proof)), mac(mac(salted, "Server Key"), signed), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func printable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
