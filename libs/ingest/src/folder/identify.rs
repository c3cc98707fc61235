//! Which file a file is: one of a checkpoint, one that grew, or one that was written anew.

use super::checkpoint::Checkpoint;
use super::file::{Known, Phase};
use super::identity::{Fingerprint, is_packed};
use super::message::Message;
use super::reader::{Reader, Stopped, gone};

impl Reader {
    /// Finds the checkpoint of a new file, and begins anew when the content is another.
    pub(super) fn identify(&mut self, known: &mut Known, head: &[u8]) -> Result<(), Stopped> {
        let size = known.stat.size;
        match known.fingerprint {
            None => self.claim(known, head),
            Some(fingerprint) => {
                let is_shorter = !is_packed(head) && size < known.position.offset;
                if is_shorter || !fingerprint.matches(head) {
                    self.restart(known)?;
                }
            }
        }
        if !head.is_empty() {
            known.fingerprint = Some(Fingerprint::of(head));
        }
        Ok(())
    }

    fn claim(&mut self, known: &mut Known, head: &[u8]) {
        let inode = known.part.key().inode;
        let Some(candidates) = self.unclaimed.get_mut(&inode) else { return };
        let size = known.stat.size;
        let is_it = |candidate: &Checkpoint| {
            let is_long_enough = is_packed(head) || candidate.position.offset <= size;
            is_long_enough && candidate.fingerprint.matches(head)
        };
        if let Some(index) = candidates.iter().position(is_it) {
            let found = candidates.swap_remove(index);
            known.go_on(&found);
        } else if let Some(index) =
            candidates.iter().position(|candidate| candidate.place() == Some(known.place))
        {
            known.incarnation = candidates.swap_remove(index).incarnation + 1;
        }
    }

    /// Other text is in the place of what was read.
    fn restart(&mut self, known: &mut Known) -> Result<(), Stopped> {
        if known.is_begun && known.phase == Phase::Unread {
            self.fail(known, gone())?;
        } else {
            self.close(known)?;
        }
        self.send(Message::Replaced { part: known.part.clone() })?;
        let number = self.number();
        known.begin_anew(number);
        Ok(())
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next_part += 1;
        self.next_part
    }
}
