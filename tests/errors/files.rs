//! Files of digits, of pictures and of tables.

use super::{folder, says, says_of_file};
use em_lab::{Channel, Digits, GreyImage};
use ndarray::array;

#[test]
fn files_of_digits_that_are_not_whole() {
    let folder = folder("idx");
    let (images, labels) = (folder.join("images.gz"), folder.join("labels.gz"));
    let header = |magic: [u8; 4], sizes: &[u32]| {
        let mut bytes = magic.to_vec();
        for size in sizes {
            bytes.extend(size.to_be_bytes());
        }
        bytes
    };
    let two_images = [header([0, 0, 8, 3], &[2, 3, 4]), (0..24).collect()].concat();
    let two_labels = [header([0, 0, 8, 1], &[2]), vec![7, 1]].concat();
    let read = |image_file: &[u8], label_file: &[u8]| {
        std::fs::write(&images, image_file).unwrap();
        std::fs::write(&labels, label_file).unwrap();
        Digits::from_idx(&images, &labels)
    };
    let (good_images, good_labels) = (gzip(&two_images), gzip(&two_labels));

    // Any number and size of images is welcome.
    let digits = read(&good_images, &good_labels).unwrap();
    assert_eq!(
        (
            digits.len(),
            digits.height,
            digits.width,
            digits.labels.clone()
        ),
        (2, 3, 4, vec![7, 1])
    );
    assert_eq!(digits.image(1).unwrap().pixels[[2, 3]], 23);

    let again = "Fetch the file again; the download may have been cut off.";
    says_of_file(
        read(&good_images[..good_images.len() - 5], &good_labels),
        &folder,
        &format!("images.gz: is not a whole gzip file (unexpected end of file). {again}"),
    );
    let mut flipped = good_images.clone();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    says_of_file(
        read(&flipped, &good_labels),
        &folder,
        &format!(
            "images.gz: is not a whole gzip file (corrupt gzip stream does not have a matching checksum). {again}"
        ),
    );
    says_of_file(
        read(b"not gzip at all", &good_labels),
        &folder,
        &format!("images.gz: is not a whole gzip file (invalid gzip header). {again}"),
    );
    says_of_file(
        read(&good_labels, &good_labels),
        &folder,
        &format!(
            "images.gz: starts with [0, 0, 8, 1], but an IDX file of images starts with [0, 0, 8, 3]. {again}"
        ),
    );
    says_of_file(
        read(&good_images, &gzip(&[0, 0])),
        &folder,
        &format!(
            "labels.gz: starts with 2 bytes, but an IDX file of labels starts with [0, 0, 8, 1]. {again}"
        ),
    );
    says_of_file(
        read(&gzip(&two_images[..12]), &good_labels),
        &folder,
        &format!("images.gz: ends inside its header, after 12 of 16 bytes. {again}"),
    );
    says_of_file(
        read(&gzip(&two_images[..30]), &good_labels),
        &folder,
        &format!("images.gz: holds 14 bytes of data, but its header announces [2, 3, 4]. {again}"),
    );
    let huge = [
        header([0, 0, 8, 3], &[u32::MAX, u32::MAX, u32::MAX]),
        vec![1],
    ]
    .concat();
    assert!(
        read(&gzip(&huge), &good_labels)
            .unwrap_err()
            .to_string()
            .contains("announces")
    );
    let one_label = [header([0, 0, 8, 1], &[1]), vec![7]].concat();
    says(
        read(&good_images, &gzip(&one_label)),
        "The file of labels has 1 label, but 2 labels were expected: one for each image in the file of images.",
    );
    says_of_file(
        Digits::from_idx(folder.join("nowhere.gz"), &labels),
        &folder,
        "nowhere.gz: cannot be read (No such file or directory (os error 2)). Check the name; for the bundled files, EM_LAB_DATA must \
         name the folder that holds them.",
    );
}

#[test]
fn pictures_that_are_not_grey() {
    let folder = folder("png");
    let path = folder.join("colour.png");
    write_png(
        &path,
        png::ColorType::Rgb,
        &[255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30],
    );
    says_of_file(
        GreyImage::open(&path),
        &folder,
        "colour.png: is a colour picture, but grey levels were expected. Use GreyImage::open_channel with Channel::Luma for its \
         brightness, or with Red, Green or Blue.",
    );
    let channel = |channel| {
        GreyImage::open_channel(&path, channel)
            .unwrap()
            .pixels
            .into_raw_vec_and_offset()
            .0
    };
    assert_eq!(channel(Channel::Red), [255, 0, 0, 10]);
    assert_eq!(channel(Channel::Green), [0, 255, 0, 20]);
    assert_eq!(channel(Channel::Blue), [0, 0, 255, 30]);
    assert_eq!(channel(Channel::Luma), [76, 150, 29, 18]);

    // Grey with transparency, and grey saved as colour, are grey.
    write_png(
        &path,
        png::ColorType::GrayscaleAlpha,
        &[1, 255, 2, 0, 3, 9, 4, 1],
    );
    assert_eq!(
        GreyImage::open(&path).unwrap().pixels,
        array![[1, 2], [3, 4]]
    );
    assert_eq!(channel(Channel::Red), [1, 2, 3, 4]);
    write_png(
        &path,
        png::ColorType::Rgb,
        &[5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8],
    );
    assert_eq!(
        GreyImage::open(&path).unwrap().pixels,
        array![[5, 6], [7, 8]]
    );

    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(
        GreyImage::open(&path)
            .unwrap_err()
            .to_string()
            .contains("is not a readable PNG file")
    );
    std::fs::write(&path, "text").unwrap();
    assert!(
        GreyImage::open(&path)
            .unwrap_err()
            .to_string()
            .contains("is not a readable PNG file")
    );
    assert!(
        GreyImage::open(folder.join("nowhere.png"))
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two by two pixels.
fn write_png(path: &std::path::Path, color: png::ColorType, samples: &[u8]) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), 2, 2);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(samples)
        .unwrap();
}

#[cfg(feature = "polars")]
mod table {
    use super::{folder, says_of_file};
    use em_lab::{Digits, Error};

    #[test]
    fn digits_come_back_from_csv_with_and_without_header() {
        let folder = folder("csv");
        let path = folder.join("digits.csv");
        let digits = Digits::first(300).unwrap();
        digits.to_csv(&path).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        let text = std::fs::read_to_string(&path).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        assert!(header.starts_with("label,pixel0,pixel1"));
        std::fs::write(&path, rows).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        assert!(
            digits
                .to_csv(folder.join("no/such/folder.csv"))
                .unwrap_err()
                .to_string()
                .contains("cannot be written")
        );
    }

    #[test]
    fn a_first_line_with_a_fault_is_no_header() {
        let folder = folder("csv-first-line");
        let path = folder.join("digits.csv");
        Digits::first(3).unwrap().to_csv(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, rows) = text.split_once('\n').unwrap();
        std::fs::write(&path, rows.replacen('5', "x", 1)).unwrap();
        let error = Digits::from_csv(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 1, column 1: the label is \"x\""),
            "{error}"
        );
        std::fs::write(&path, format!("\u{feff}{rows}")).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap().len(), 3);
    }

    #[test]
    fn faults_in_a_csv_are_named_by_line_and_column() {
        let folder = folder("csv-faults");
        let path = folder.join("digits.csv");
        Digits::first(3).unwrap().to_csv(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Vec<String>> = text
            .lines()
            .map(|line| line.split(',').map(String::from).collect())
            .collect();
        let broken = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            let lines: Vec<String> = lines.iter().map(|fields| fields.join(",")).collect();
            std::fs::write(&path, lines.join("\n")).unwrap();
            Digits::from_csv(&path)
        };
        let remedy = "Each line must hold a label from 0 to 9 and then 784 pixels, whole numbers from 0 to 255, between commas.";
        let with = |line: usize, column: usize, value: &str| {
            let value = value.to_string();
            broken(&move |lines| lines[line][column] = value.clone())
        };
        says_of_file(
            with(2, 5, "a"),
            &folder,
            &format!(
                "digits.csv, line 3, column 6: the pixel is \"a\", but a whole number from 0 to 255 was expected. {remedy}"
            ),
        );
        says_of_file(
            with(1, 784, "256"),
            &folder,
            &format!(
                "digits.csv, line 2, column 785: the pixel is \"256\", but a whole number from 0 to 255 was expected. {remedy}"
            ),
        );
        says_of_file(
            with(3, 0, "12"),
            &folder,
            &format!(
                "digits.csv, line 4, column 1: the label is \"12\", but a whole number from 0 to 9 was expected. {remedy}"
            ),
        );
        for value in ["", "-1", "1.5", "NaN"] {
            assert!(
                with(1, 7, value)
                    .unwrap_err()
                    .to_string()
                    .contains("line 2, column 8"),
                "{value}"
            );
        }
        let missing = |line: usize| broken(&move |lines| lines[line].truncate(784));
        says_of_file(
            missing(2),
            &folder,
            &format!("digits.csv, line 3: has 784 columns, but 785 were expected. {remedy}"),
        );
        let all_shorter = broken(&|lines| lines.iter_mut().for_each(|fields| fields.truncate(700)));
        says_of_file(
            all_shorter,
            &folder,
            &format!("digits.csv, line 1: has 700 columns, but 785 were expected. {remedy}"),
        );
        says_of_file(
            broken(&|lines| lines.truncate(1)),
            &folder,
            &format!("digits.csv, after the header: there are no digits. {remedy}"),
        );
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Digits::from_csv(&path), Err(Error::Empty { .. })));
        assert!(
            Digits::from_csv(folder.join("nowhere.csv"))
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
